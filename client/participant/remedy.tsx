/** What a person can do at once where a tab cannot go on: beside the words, a button or a list. */
import { t } from "../i18n/messages.ts";
import { Scroll } from "../ui/scroll.tsx";
import { reloadFresh } from "./shell.ts";

/** Refusals that loading the page again may well end. */
const passing: readonly (string | undefined)[] = [
  "version-mismatch",
  "adapter-lost",
  "opened-elsewhere",
  "protocol-error",
  "no-script",
  "model-hash-mismatch",
  "roster-invalid",
  "coordinator-refused",
  "storage-unavailable",
];

/** First versions with WebGPU in a worker (caniuse.com/webgpu). */
const browsers = [
  ["Chrome, Edge", "113", "Windows, macOS, ChromeOS"],
  ["Chrome", "121", "Android 12"],
  ["Safari", "26", "macOS, iOS, iPadOS"],
  ["Firefox", "141", "Windows"],
  ["Firefox", "145", "macOS"],
] as const;

export function Remedy({ code }: { code: string | undefined }) {
  if (code === "no-webgpu") return <Browsers />;
  if (!passing.includes(code)) return null;
  return (
    <button type="button" class="main" data-testid="again" onClick={() => void reloadFresh()}>
      {t("remedy.again")}
    </button>
  );
}

function Browsers() {
  return (
    <Scroll label={t("browsers.name")}>
      <table data-testid="browsers">
        <thead>
          <tr>
            <th scope="col">{t("browsers.name")}</th>
            <th scope="col">{t("browsers.from")}</th>
            <th scope="col">{t("browsers.on")}</th>
          </tr>
        </thead>
        <tbody>
          {browsers.map(([name, version, system]) => (
            <tr key={name + system}>
              <th scope="row">{name}</th>
              <td>{version}</td>
              <td class="wrap">{system}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
