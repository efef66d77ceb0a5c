// A thread's window and channel, where windows stand side by side.
override Y_ROW: u32;  // numbers of y from image to image

struct Window {
  row: u32,
  first: u32,  // its first pixel's number in x
  y: u32,      // its number in y
}

fn window_of(thread: u32) -> Window {
  let numbers = OUT_HEIGHT * OUT_WIDTH * CHANNELS;
  let row = thread / numbers;
  let ox = thread / CHANNELS % OUT_WIDTH;
  let oy = thread / (CHANNELS * OUT_WIDTH) % OUT_HEIGHT;
  let first = row * X_ROW + (oy * SIZE * WIDTH + ox * SIZE) * X_STRIDE + thread % CHANNELS;
  return Window(row, first, row * Y_ROW + thread % numbers);
}
