// A dense layer, padded so that everything is whole vec4s. Twin: layout.ts, which draws the layout.
struct Layer {
  inputs: u32,           // without the column of ones
  inputs4: u32,          // vec4s of an input row: ceil((inputs + 1) / 4)
  outputs: u32,
  outputs4: u32,         // vec4s of an output row
  offset4: u32,          // of W in `parameters` and `sum`, in vec4s
  activation: u32,       // of the outputs: 0 none (the logit), 1 relu, 2 tanh
  input_activation: u32, // of the inputs, for the way back
  index: u32,            // of the layer, for `flags`
}
