/** The bench's one run, as its two processes call it. */
export const runId = "bench";
