import { InputError } from "../../../shared/errors.ts";
import { command, json } from "../flags.ts";
import { output } from "../output.ts";

export default command({
  meta: { name: "review-key", description: "Make a reviewer's key, or show the public half of one" },
  args: { file: { type: "positional", required: true, description: "the file that holds the key" }, json },
  async run({ args }) {
    const { existsSync } = await import("node:fs");
    const { createIdentity, readIdentity } = await import("../../store/keys.ts");
    const { toHex } = await import("../../../shared/canonical.ts");
    const file = args.file;
    if (!file) throw new InputError("FILE", "is missing", "Name the file to keep the key in.");
    if (!existsSync(file)) await createIdentity(file);
    const key = toHex((await readIdentity(file, "Name another file.")).publicKey);
    output(args, { file, key }, `The reviewer's key is in ${file}. For the task file: { name: …, key: "${key}" }`);
  },
});
