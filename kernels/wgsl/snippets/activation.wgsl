// insert activation type=T: the layer's activation (in forward passes) or that of the layer below (on the way back).
fn activate(z: {type}) -> {type} {
  //! if relu
  return max(z, {type}(0.0));
  //! end
  //! if tanh
  // tanh may be computed as sinh/cosh, which overflows; beyond ±10 it is ±1 in f32 anyway.
  return tanh(clamp(z, {type}(-10.0), {type}(10.0)));
  //! end
  //! if sigmoid
  // No exponential above 1, which might overflow.
  let e = exp(-abs(z));
  return select({type}(1.0), e, z < {type}(0.0)) / (1.0 + e);
  //! end
  //! if none
  return z;
  //! end
}

// activation′ by the activated value y.
fn slope(y: {type}) -> {type} {
  //! if relu
  return select({type}(0.0), {type}(1.0), y > {type}(0.0));
  //! end
  //! if tanh
  return 1.0 - y * y;
  //! end
  //! if sigmoid
  return y * (1.0 - y);
  //! end
  //! if none
  return {type}(1.0);
  //! end
}
