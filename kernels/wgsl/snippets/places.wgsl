// Whose a line is. With `packed`, places [*, 2] u32 of all micro-batches say it, which is the kernel's own binding.
//! use lines
const NO_TOKEN = 0xffffffffu;

struct Place {
  row: u32,    // of the micro-batch
  token: u32,  // NO_TOKEN where the line only fills its row's last quad
}

fn place_of_line(line: u32) -> Place {
  //! if packed
  let place = places[chunk.first_line + line];
  return Place(place.x, place.y);
  //! else
  return Place(line / LINES, line % LINES);
  //! end
}
