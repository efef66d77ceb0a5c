import { describe, expect, it } from "vitest";
import { asTask } from "../../shared/task-rules.ts";
import { gather } from "./gather.ts";

const task = (data: object, layers: object[], model: object = {}) =>
  asTask({
    name: "files",
    purpose: "a task for files of all kinds",
    data: { label: { column: "label", positive: "Spam", negative: "ham" }, ...data },
    model: { layers, ...model },
    privacy: { unit: "record", epsilon: 2, delta: 1e-5 },
    training: { rounds: 2, learningRate: 1 },
    cohort: { minimum: 5 },
  });
const dense = { kind: "dense", outputs: 1 };
const images = task({ images: { width: 4, height: 4 } }, [dense]);
const texts = task({ text: { column: "text" } }, [dense], { encoder: { name: "use-lite" } });
const table = task({ features: [{ name: "x", kind: "numeric", min: 0, max: 1 }] }, [dense]);

const chosen = (files: Record<string, string>) =>
  Object.entries(files).map(([path, content]) => ({
    path,
    file: new Blob([content], { type: path.endsWith(".png") ? "image/png" : "" }),
  }));

describe("images", () => {
  it("are labelled by the nearest folder that is called like an outcome", async () => {
    const found = await gather(
      chosen({
        "own/SPAM/2.png": "b",
        "own/SPAM/10.png": "c",
        "own/ham/2024/1.png": "a",
        "own/ham/.DS_Store": "",
        "own/ham/notes.doc": "",
        "own/cats/1.png": "d",
      }),
      images,
    );
    expect(found.fileName).toBe("own/");
    expect(found.table.records).toEqual([
      { image: "own/cats/1.png", label: "cats" },
      { image: "own/ham/2024/1.png", label: "ham" },
      { image: "own/SPAM/2.png", label: "Spam" },
      { image: "own/SPAM/10.png", label: "Spam" },
    ]);
    expect(found.images.size).toBe(4);
  });

  it("are named by a table beside them, or are in it", async () => {
    const found = await gather(chosen({ "own/labels.csv": "file,label\n1.png,ham\n", "own/1.png": "a" }), images);
    expect(found.table.records).toEqual([{ file: "1.png", label: "ham" }]);
    expect([...found.images.keys()]).toEqual(["own/1.png"]);
    expect((await gather(chosen({ "one.csv": "image,label\nAAAA,ham\n" }), images)).table.columns).toEqual([
      "image",
      "label",
    ]);
  });

  it("without any, the folder is refused", async () => {
    await expect(gather(chosen({ "own/a.doc": "", "own/b.doc": "" }), images)).rejects.toThrow(
      "files: hold neither images nor a table. Choose a folder of images, or a CSV file.",
    );
  });
});

describe("texts", () => {
  it("a file in a folder is one text, a file called like an outcome holds one a line", async () => {
    const { table } = await gather(
      chosen({ "mail/ham/one.txt": "hello\nyou", "mail/spam.txt": "win\n\n  now \n" }),
      texts,
    );
    expect(table.records).toEqual([
      { label: "ham", text: "hello\nyou" },
      { label: "Spam", text: "win" },
      { label: "Spam", text: "now" },
    ]);
    expect((await gather(chosen({ "ham.txt": "one\ntwo\n" }), texts)).table.records).toHaveLength(2);
  });

  it("a text file with a header is a table, whatever it is called", async () => {
    const { table } = await gather(chosen({ "sms.txt": "label\ttext\nham\thello\n" }), texts);
    expect(table.records).toEqual([{ label: "ham", text: "hello" }]);
  });
});

describe("tables", () => {
  it("one among other files is found, and of two none is guessed", async () => {
    expect(
      (await gather(chosen({ "a/x.csv": "x,label\n1,ham\n", "a/readme.md": "" }), table)).table.records,
    ).toHaveLength(1);
    await expect(gather(chosen({ "a.csv": "x\n1\n", "b.csv": "x\n1\n" }), table)).rejects.toThrow(
      "files: hold more than one table: a.csv, b.csv",
    );
    await expect(gather(chosen({ "a.doc": "", "b.doc": "" }), table)).rejects.toThrow("files: hold no table");
  });
});
