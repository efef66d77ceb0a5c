// The layer's activation (in forward passes) or that of the layer below (on the way back).
fn activate(z: f32) -> f32 {
  //! if relu
  return max(z, 0.0);
  //! end
  //! if tanh
  // tanh may be computed as sinh/cosh, which overflows; beyond ±10 it is ±1 in f32 anyway.
  return tanh(clamp(z, -10.0, 10.0));
  //! end
  //! if sigmoid
  // No exponential above 1, which might overflow.
  let e = exp(-abs(z));
  return select(1.0, e, z < 0.0) / (1.0 + e);
  //! end
  //! if none
  return z;
  //! end
}

// activation′ by the activated value y.
fn slope(y: f32) -> f32 {
  //! if relu
  return select(0.0, 1.0, y > 0.0);
  //! end
  //! if tanh
  return 1.0 - y * y;
  //! end
  //! if sigmoid
  return y * (1.0 - y);
  //! end
  //! if none
  return 1.0;
  //! end
}
