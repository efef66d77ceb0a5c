/** A question to the tab's worker whose answer a card shows: the last answer, whether one is awaited, and whether it failed. */
import { type Signal, signal } from "@preact/signals";

export interface Answered<Question extends unknown[], Answer> {
  shown: Signal<Answer | undefined>;
  busy: Signal<boolean>;
  failed: Signal<boolean>;
  ask(...question: Question): Promise<void>;
}

export function answered<Question extends unknown[], Answer>(
  question: (...asked: Question) => Promise<Answer>,
): Answered<Question, Answer> {
  const shown = signal<Answer | undefined>(undefined);
  const busy = signal(false);
  const failed = signal(false);
  return {
    shown,
    busy,
    failed,
    async ask(...asked) {
      busy.value = true;
      failed.value = false;
      try {
        shown.value = await question(...asked);
      } catch {
        shown.value = undefined;
        failed.value = true;
      } finally {
        busy.value = false;
      }
    },
  };
}
