// A tile of a matrix is computed in the registers of four threads, a quad. The columns of a tile are in blocks, of four
// side by side for each thread where the tile is wide enough (`PARTS`), otherwise of one. With `quads` the threads hand
// their rows round: each loads every fourth row, and its register 4q + i is of row 4q + (i xor lane), so that three
// swaps of neighbours make four loads out of one.
//
//        lane    0   1   2   3
//   loads row    0   1   2   3        register 0
//    swapped X   1   0   3   2                 1
//    swapped Y   2   3   0   1                 2
//     diagonal   3   2   1   0                 3
//
// On a processor, where WebGPU is emulated, a load costs as much as thirty multiply-adds, since each thread's address
// is checked and followed by itself; of four numbers side by side each costs two thirds of that, in less code, and code
// that is longer than the processor's cache for it is slow. A register that is assigned to costs several multiply-adds,
// since every store is masked. So tiles are large, loads come first, and what follows them is one straight line that
// takes four steps at once.
override GROUP: u32;         // threads a group
override TILE_ROWS: u32;
override TILE_COLUMNS: u32;  // of one thread; the tile is four times as wide
//! if fours
const PARTS = 4u;
//! else
const PARTS = 1u;
//! end
const ACROSS = 4u * PARTS;   // from one of a thread's blocks to the next

struct Tile {
  row: u32,     // the first
  column: u32,  // the thread's first
}

// Tiles go along the columns of a matrix `width` wide, then down.
fn tile_of(thread: u32, width: u32) -> Tile {
  let across = (width + 4u * TILE_COLUMNS - 1u) / (4u * TILE_COLUMNS);
  let number = thread / 4u;
  return Tile(number / across * TILE_ROWS, number % across * 4u * TILE_COLUMNS + thread % 4u * PARTS);
}

// Of the tile's row that a register of thread `lane` holds.
fn row_of(slot: u32, lane: u32) -> u32 {
  //! if quads
  return slot ^ lane;
  //! else
  return slot;
  //! end
}
