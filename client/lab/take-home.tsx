/** What the lab has written of a sweep: its report, and each figure as SVG or as pixels, which this page makes. */
import { signal } from "@preact/signals";
import type { Figure } from "../../shared/lab/curves.ts";
import { t } from "../i18n/messages.ts";
import { save } from "../ui/save.ts";
import { Scroll } from "../ui/scroll.tsx";
import { file, type Job } from "./api.ts";

/** Pixels for each of the figure's, so that print is not coarse */
const scale = 2;
const problem = signal<string | undefined>(undefined);

async function pngOf(svg: Blob): Promise<Blob> {
  const text = await svg.text();
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = scale * image.naturalWidth;
  canvas.height = scale * image.naturalHeight;
  canvas.getContext("2d")!.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => canvas.toBlob((png) => (png ? resolve(png) : reject(new Error("no PNG")))));
}

async function take(name: string, as: "svg" | "png" | "html"): Promise<void> {
  problem.value = undefined;
  try {
    const found = await file(as === "html" ? name : `${name}.svg`);
    if (as === "html") save(name, found, "text/html");
    else save(`${name}.${as}`, as === "png" ? await pngOf(found) : found, as === "png" ? "image/png" : "image/svg+xml");
  } catch (error) {
    problem.value = error instanceof Error ? error.message : String(error);
  }
}

/** Files are called after the figure they show: `learning`, a quality, or `<quality>-map`. */
function figureName(file: string): string {
  if (file === "learning") return t("lab.learning");
  const quality = file.replace(/-map$/, "") as Figure;
  return t(file === quality ? "lab.frontier" : "lab.map", { figure: t(`metric.${quality}`) });
}

export function TakeHome({ job }: { job: Job }) {
  const figures = job.files.filter((name) => name.endsWith(".svg")).map((name) => name.replace(/[.]svg$/, ""));
  if (figures.length === 0) return null;
  const button = (name: string, as: "svg" | "png") => (
    <button
      type="button"
      aria-label={t("lab.as", { name: figureName(name), as: as.toUpperCase() })}
      onClick={() => void take(name, as)}
    >
      {as.toUpperCase()}
    </button>
  );
  return (
    <section class="card" data-testid="take-home">
      <h2>{t("lab.home")}</h2>
      <p class="quiet small">{t("lab.home.text")}</p>
      <button type="button" onClick={() => void take("report.html", "html")}>
        {t("lab.report")}
      </button>
      <Scroll label={t("lab.home")}>
        <table>
          <tbody>
            {figures.map((name) => (
              <tr key={name}>
                <th scope="row">{figureName(name)}</th>
                <td>{button(name, "svg")}</td>
                <td>{button(name, "png")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {problem.value !== undefined && (
        <p class="problems" role="alert">
          {problem.value}
        </p>
      )}
    </section>
  );
}
