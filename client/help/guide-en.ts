import type { Guide } from "./guide.ts";

export const guideEn: Guide = {
  participant: {
    title: "Quick start for participants",
    sections: [
      {
        heading: "What you need",
        text: [
          "A browser with WebGPU (Chrome or Edge 113, Safari 26, Firefox 141, or later), the invitation link somebody sent you, and data of your own: a CSV file, or what the task asks for, such as a folder of images or of text files. The page may offer a sample of public rows.",
        ],
      },
      {
        heading: "Four steps",
        text: ["The page leads you; nothing is computed before you agree."],
        list: [
          "Join: read what the model is for, who learns what, and what is promised.",
          "Look: choose your file or folder. It is read in the tab and never leaves it. In a folder, sub-folders are called after what lies in them. If its columns have other names, the tab guesses and you correct. Rows with problems are shown and left out.",
          "Train: leave the tab open. You see the round, your privacy balance, and the way of your last answer by its own numbers.",
          "See: at the end ask why the model decides as it does on one of your rows, and save the proof that what you answered is in the public log.",
        ],
        picture: "way",
      },
      {
        heading: "Pause, leave, come back",
        text: [
          "Pause whenever you like, or let the tab work only while the device is charging or nobody uses it. A tab that rests finishes its round, declines the next and gives its seat up.",
          "Leaving ends your part. What is already in a sum cannot be taken out of it. Your balance stays in this browser, so that coming back cannot spend it twice.",
        ],
      },
      {
        heading: "What left this tab",
        text: [
          "Every vector is listed with its size, its hash and its first bytes; every other message is counted by kind. The download holds the bytes themselves: their SHA-256 is the one you see.",
        ],
      },
    ],
  },
  coordinator: {
    title: "Quick start for coordinators",
    sections: [
      {
        heading: "Start",
        text: [
          "On a machine with Node 20.19 or newer this starts the coordinator and prints the console’s address with your operator’s key in it.",
        ],
        code: "npm start",
      },
      {
        heading: "Describe the task",
        text: [
          "In the console start from an example and change it step by step. The form and the file beside it are the same thing; what is wrong is said beside the field. Below the file stands what a launch would cost.",
          "What the file says is hashed and written into the ledger before the first round. Nobody can change the promises afterwards.",
        ],
      },
      {
        heading: "Invite and watch",
        text: [
          "Send the invitation link, or show its QR code. A round begins as soon as enough participants are there. What needs your attention stands first, with what helps.",
        ],
        list: [
          "Hold asks nothing new until you resume; a round under way goes on to its end.",
          "Stop ends the run for good. A round under way ends with nothing revealed; what was spent stays spent.",
          "A gap within its tolerance band is held; above it the penalty grows round by round.",
        ],
      },
      {
        heading: "Take the results",
        text: [
          "A model that misses a gate is held back. The compliance report and the model card are computed from the ledger; a line without evidence says so. Anyone can check them offline:",
        ],
        code: "npm run -s murmur -- report RUN --out out\nnpm run -s murmur -- export RUN --format onnx --out out\nnpm run -s murmur -- verify out",
      },
    ],
  },
  researcher: {
    title: "Quick start for researchers",
    sections: [
      {
        heading: "A frontier in the browser",
        text: [
          "The lab at /lab simulates whole runs on public data, a cell for each combination of budget, penalty, rounds and seed, and draws accuracy or a gap against ε as the cells come in. Draw a band to narrow the table, run a cell again, take table, report and figures home.",
        ],
      },
      {
        heading: "The same from a terminal",
        text: ["The same seeds, data and version give the same bytes. A sweep that was stopped goes on where it was."],
        code: "npm run -s murmur -- lab tasks/grids/bank-frontier.yaml --out out/bank",
      },
      {
        heading: "Accountants and audits",
        text: [
          "Four accountants answer what a noise costs or which noise an ε needs; the audit attacks the build, and four builds broken on purpose, and says what it can prove.",
        ],
        code: "npm run -s murmur -- accountant --epsilon 2 --delta 1e-5 --rounds 42 --sample-rate 1\nnpm run -s murmur -- audit --out out",
      },
    ],
  },
  "task-file": {
    title: "The task file",
    sections: [
      {
        heading: "One file says everything",
        text: [
          "What is learned, from which columns, under which promises. Below is every field, from the very schema that the coordinator and each tab check the file by. Fields marked as needed have no default.",
        ],
      },
    ],
  },
  privacy: {
    title: "Privacy, explained with pictures",
    sections: [
      {
        heading: "The way of an answer",
        text: [
          "Your tab computes an answer from your rows. What a row adds is shortened where it is longer than a fixed length, so that no single row can count for more. The tab rounds it to whole steps, adds its own share of noise, and hides it under masks. Only then it leaves.",
        ],
        picture: "way",
      },
      {
        heading: "Masks cancel in the sum",
        text: [
          "Each pair of neighbours agrees on a mask that one adds and the other takes away. A single vector under its masks is as good as random; in the sum of all, the masks are gone.",
        ],
        picture: "masks",
      },
      {
        heading: "Noise hides who is there",
        text: [
          "The sum still carries everybody’s noise. It is so wide that the sum with your row and the sum without it look nearly alike: whoever sees the result can hardly tell which of the two worlds they are in.",
        ],
        picture: "noise",
      },
      {
        heading: "What ε says",
        text: [
          "ε bounds how much more likely anything anyone sees can become because of one row, or of one participant, as the task says: by a factor of at most e to the power of ε, but for a chance of δ. Small is strong. It counts for the whole run, all rounds together.",
        ],
        picture: "odds",
      },
      {
        heading: "Your own balance",
        text: [
          "Your tab keeps the account itself: each answer is charged before it is masked, and never refunded. When the next one no longer fits, your tab declines, whatever the coordinator asks.",
        ],
      },
    ],
  },
  threats: {
    title: "Threat model: who sees what",
    sections: [
      {
        heading: "Who sees what",
        text: ["True of the code as it is, and held by tests."],
        list: [
          "Your tab sees your data, the task and the model; never anybody else’s answer.",
          "The coordinator sees who takes part, when, from which address, masked vectors, and the noisy sum of a cohort of at least the minimum; never one tab’s vector, row or group.",
          "Members that collude with it, up to the task’s share, add what they know themselves.",
          "An independent witness, where the task names one, sees hashes and sizes, and signs only one model, one roster and one result a round.",
          "Anyone with the ledger sees rounds, cohort sizes, ε, gaps and hashes; never who took part.",
        ],
      },
      {
        heading: "What keeps it so",
        text: [
          "Your tab checks before it sends: the signed list of participants and its size, that task and model are those in the ledger, that the ledger only grew, that the noise is what was promised, that the round fits its balance. If anything fails it declines, and says why.",
        ],
      },
      {
        heading: "What is not protected",
        text: ["Said plainly, since no mathematics can rule it out:"],
        list: [
          "That you take part, and when.",
          "A cohort of inventions: if all others were made up by whoever runs the coordinator, only your own share of noise protects you.",
          "Your browser, your machine, and the page that the coordinator delivers.",
          "The result’s truth: somebody may send a false vector.",
          "Traffic recorded today, against a quantum computer of tomorrow.",
        ],
      },
    ],
  },
  deployment: {
    title: "Deployment",
    sections: [
      {
        heading: "One process, one folder",
        text: [
          "The coordinator listens on this machine only and keeps everything in its data folder: the embedded database, its keys, the ledger. Back the folder up while it is stopped; whoever has it has the keys.",
        ],
        code: "npm run -s murmur -- serve --port 8787 --data-dir /srv/murmur",
      },
      {
        heading: "Behind a proxy with TLS",
        text: [
          "Browsers give WebGPU and their cryptography to pages over https or on localhost only. Put a reverse proxy with a certificate before the coordinator; it has to pass the Host header and WebSocket upgrades on. The invitation that the console shows names the address you opened the console by.",
        ],
        code: "murmur.example.org {\n  reverse_proxy 127.0.0.1:8787\n}",
      },
      {
        heading: "Several processes",
        text: [
          "When one process is not enough, several are one coordinator: on a PostgreSQL server and a Redis server, behind any load balancer, each with the same keys in its data folder. If one ends, the others go on; what was charged stays charged.",
        ],
        code: "npm run -s murmur -- serve --database-url postgres://murmur@db/murmur --redis-url redis://cache:6379",
      },
      {
        heading: "Keys",
        text: [
          "The operator’s key opens the console and the lab; treat it as a password. Tabs remember the coordinator’s signing key from their first visit: if its file is lost, they will refuse to take part until they are told why.",
        ],
      },
      {
        heading: "After a crash",
        text: [
          "Start it again on the same folder. A round under way has ended with nothing revealed and is asked again; held runs stay held; what was charged stays charged.",
        ],
      },
    ],
  },
  troubleshooting: {
    title: "Troubleshooting",
    sections: [
      {
        heading: "First of all",
        text: [
          "Every stop has a reason, and every reason has words. Below are all that a tab can give, then all that can end a round, as the pages say them.",
        ],
        list: [
          "The tab waits and nothing happens: too few participants are connected. The round begins by itself.",
          "The page stays on «connecting»: the coordinator is away, or a proxy does not pass WebSockets on.",
          "Training is slow: without a graphics processor the browser emulates one. Close other heavy tabs.",
        ],
      },
    ],
  },
};
