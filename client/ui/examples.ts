/** Files to start from, fetched once. The bank's is written first: its data are there after a plain install. */
import { type ReadonlySignal, type Signal, signal } from "@preact/signals";

export interface Example {
  name: string;
  yaml: string;
}

export interface Examples {
  /** Undefined until they are here, or cannot be had: before, a page offers nothing to write in that they would end up in */
  known: ReadonlySignal<readonly Example[] | undefined>;
  /** Once, however often it is asked */
  load(): void;
}

/** @param text takes the first one, where it is empty */
export function examplesInto(text: Signal<string>, fetchAll: () => Promise<Example[]>): Examples {
  const known = signal<readonly Example[] | undefined>(undefined);
  let asked = false;
  return {
    known,
    load() {
      if (asked) return;
      asked = true;
      void fetchAll()
        .catch(() => [])
        .then((all: Example[]) => {
          const first = all.find(({ name }) => name.startsWith("bank")) ?? all[0];
          if (text.value === "" && first) text.value = first.yaml;
          known.value = all;
        });
    },
  };
}
