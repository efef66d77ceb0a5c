/** `/lab`: a grid of simulated runs, its frontier as it fills, its table to narrow down and take away. */
import { effect } from "@preact/signals";
import { render } from "preact";
import { key } from "../console/api.ts";
import { Failure, SignIn, trySignIn } from "../console/sign-in.tsx";
import { t } from "../i18n/messages.ts";
import { Frame } from "../ui/frame.tsx";
import { follow, job } from "./api.ts";
import { Cells } from "./cells.tsx";
import { GridEditor } from "./editor.tsx";
import { Frontier } from "./frontier.tsx";
import { HeatMap } from "./heat-map.tsx";
import { Learning } from "./learning.tsx";
import { TakeHome } from "./take-home.tsx";

if (key.value !== undefined) void trySignIn(key.value);
effect(() => {
  if (key.value !== undefined) follow();
});

function Lab() {
  if (key.value === undefined) return <SignIn title={t("lab.title")} />;
  return (
    <Frame title={t("lab.title")} wide>
      <Failure />
      <section class="card">
        <h1>{t("lab.title")}</h1>
        <p>{t("lab.text")}</p>
      </section>
      {job.value && (
        <>
          <Frontier job={job.value} />
          <HeatMap job={job.value} />
          <Learning job={job.value} />
          <Cells job={job.value} />
          <TakeHome job={job.value} />
        </>
      )}
      <GridEditor />
    </Frame>
  );
}

render(<Lab />, document.body);
