/** `/`: a participant's page. With an invitation it joins that run; without one it lists the runs that are open. */
import { render } from "preact";
import { OpenRuns } from "./open-runs.tsx";
import { Participant } from "./participant.tsx";
import { join } from "./tab.ts";

const query = new URLSearchParams(location.search);
const run = query.get("run");
const invite = query.get("invite");

if (run !== null && invite !== null) {
  join(run, invite);
  render(<Participant />, document.body);
} else {
  render(<OpenRuns />, document.body);
}
