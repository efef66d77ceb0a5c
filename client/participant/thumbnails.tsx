/** Some of the tab's images as the task sees them, each under its label. */
import { useEffect, useRef } from "preact/hooks";
import { type ImageShape, imageOf } from "../../shared/data/images.ts";
import { patches } from "../../shared/explain/occlusion.ts";
import type { Task } from "../../shared/task.ts";
import { t } from "../i18n/messages.ts";
import type { DataSummary } from "../worker/snapshot.ts";

export function Thumbnails({ task, preview }: { task: Task } & Pick<DataSummary, "preview">) {
  const shape = task.data.images!;
  const [image, label] = [shape.column, task.data.label.column].map((column) => preview.columns.indexOf(column));
  return (
    <ul class="thumbnails" aria-label={t("data.title")}>
      {preview.rows.map((row, i) => (
        <li key={`${i}`}>
          <Thumbnail cell={row[image!]!} shape={shape} label={row[label!]!} />
          <span>{row[label!]}</span>
        </li>
      ))}
    </ul>
  );
}

interface ThumbnailProps {
  cell: string;
  shape: ImageShape;
  label: string;
  /** What each patch adds to a probability, [patches, patches]: the more, the stronger it is coloured */
  weights?: number[];
}

export function Thumbnail({ cell, shape, label, weights }: ThumbnailProps) {
  const place = useRef<HTMLCanvasElement>(null);
  const { width, height, channels } = shape;
  useEffect(() => {
    const pixels = imageOf(cell, shape);
    if (!pixels) return;
    const drawn = new ImageData(width, height);
    for (let i = 0; i < width * height; i++)
      for (let c = 0; c < 4; c++)
        drawn.data[4 * i + c] = c === 3 ? 255 : pixels[channels * i + (channels === 1 ? 0 : c)]!;
    place.current!.getContext("2d")!.putImageData(drawn, 0, 0);
  }, [cell]);
  const canvas = <canvas ref={place} width={width} height={height} role="img" aria-label={label} />;
  if (!weights) return canvas;
  const most = Math.max(...weights, Number.MIN_VALUE);
  return (
    <div class="weighed">
      {canvas}
      <svg viewBox={`0 0 ${patches} ${patches}`} preserveAspectRatio="none" aria-hidden="true">
        {weights.map((weight, i) => (
          <rect
            key={`${i}`}
            x={i % patches}
            y={Math.floor(i / patches)}
            width="1"
            height="1"
            opacity={0.75 * Math.max(0, weight / most)}
          />
        ))}
      </svg>
    </div>
  );
}
