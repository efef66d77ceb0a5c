// Images, and the windows that a layer sees of them. Channels and distances are in a thread's Numbers.
override HEIGHT: u32;
override WIDTH: u32;
override CHANNELS: u32;
override X_ROW: u32;       // numbers from image to image
override X_STRIDE: u32;    // from pixel to pixel
override SIZE: u32;        // of a window, in both directions
override OUT_HEIGHT: u32;  // windows from top to bottom
override OUT_WIDTH: u32;
