/** `/`: a participant's page. With an invitation it joins that run; without one it lists the runs that are open. */
import { effect } from "@preact/signals";
import { render } from "preact";
import { t } from "../i18n/messages.ts";
import { loadOpenRuns, OpenRuns } from "./open-runs.tsx";
import { Participant } from "./participant.tsx";
import { keepShell } from "./shell.ts";
import { join, snapshot } from "./tab.ts";
import { followWishes } from "./when.ts";

keepShell();
const query = new URLSearchParams(location.search);
const run = query.get("run");
const invite = query.get("invite");

if (run !== null && invite !== null) {
  join(run, invite);
  void followWishes();
  // The title tells how it goes while another tab is in front.
  effect(() => {
    document.title = `${t(`state.${snapshot.value.state}`)} · ${t("app.name")}`;
  });
  render(<Participant />, document.body);
} else {
  void loadOpenRuns();
  render(<OpenRuns />, document.body);
}
