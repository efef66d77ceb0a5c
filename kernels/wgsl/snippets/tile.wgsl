// A tile of a matrix is computed in the registers of four threads, a quad: thread `lane` has the columns lane,
// lane + 4, lane + 8 … of the tile. On software adapters registers beat shared memory and barriers two- to threefold.
override GROUP: u32;         // threads a group
override TILE_ROWS: u32;
override TILE_COLUMNS: u32;  // of one thread; the tile is four times as wide

struct Tile {
  row: u32,     // the first
  column: u32,  // the thread's first
}

// Tiles go along the columns of a matrix `width` wide, then down.
fn tile_of(thread: u32, width: u32) -> Tile {
  let across = (width + 4u * TILE_COLUMNS - 1u) / (4u * TILE_COLUMNS);
  let number = thread / 4u;
  return Tile(number / across * TILE_ROWS, number % across * 4u * TILE_COLUMNS + thread % 4u);
}
