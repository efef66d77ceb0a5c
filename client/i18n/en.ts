/** Every word a person reads, in ICU MessageFormat. */
export const en = {
  // The frame of every page
  "app.name": "Murmur",
  "app.motto": "Learn together, and nobody is overheard",
  "language.switch": "Language",
  "language.en": "English",
  "language.zh": "中文",
  // Units of privacy, and the numbers that never stand alone
  "unit.record": "one row",
  "unit.participant": "one participant",
  "relation.add-remove": "added or removed (add-remove)",
  "privacy.statement": "ε = {epsilon} at δ = {delta}, for {unit} {relation}",
  "privacy.colluding":
    "This counts on at most {share} of a cohort to collude with the coordinator. If everybody but one tab does, only that tab’s own noise is left: ε = {epsilon} at δ = {delta}.",
  "privacy.power":
    "In other words: somebody who wants to find out who took part, and may be wrong about 1 in 100 of those who did not, finds at most {rate} of those who did; if all others collude, {alone}.",
  "privacy.power.record":
    "In other words: somebody who wants to find out whose rows are here, and may be wrong about 1 in 100 rows that are not, finds at most {rate} of those that are; if all others collude, {alone}.",
  // Without an invitation
  "open.title": "Runs that are open now",
  "open.loading": "Looking for open runs…",
  "open.none": "No run is open now. When somebody invites you, open the link they sent.",
  "open.failed": "The coordinator did not answer. Check your connection and load the page again.",
  "open.invited": "Taking part needs the invitation link of the person who runs it.",
  // Join: what this is
  "steps.label": "Four steps",
  "step.join": "Join",
  "step.look": "Look",
  "step.train": "Train",
  "step.see": "See",
  "connecting.title": "Connecting to the run…",
  "about.title": "You are invited to train a model together",
  "about.picture":
    "A picture: three tabs each turn their data into a vector of integers, clip it, add noise and a mask; the masks cancel in the sum, which is all that the coordinator reads.",
  "picture.tab": "in the tab",
  "picture.clip": "clipped",
  "picture.noise": "noised",
  "picture.mask": "masked",
  "picture.sum": "the sum",
  "about.how":
    "Your tab and others train one model, and everyone’s data stays where it is. Your tab computes with the data you choose and sends nothing of it but integers that are clipped, noised and masked.",
  "about.learns":
    "The coordinator can learn the noisy sum of a round’s answers, from cohorts of at least {minimum, number} participants, and that your tab takes part, when, and from which network address.",
  "about.cannot": "It cannot learn your file or its rows, your tab’s own answer, or which groups your rows belong to.",
  "about.others":
    "One thing no mathematics can rule out: whoever has the invitation link can take part. If all the others were inventions of whoever runs the coordinator, only your own share of the noise would protect you, and that is far less than the promise.",
  "about.promise.record":
    "The promise protects every single row: ε = {epsilon} at δ = {delta}, for one row more or less (add-remove), over the whole run. Whether any one row is in your data or not changes the chance of anything anyone can see by a factor of at most {factor} (e to the power of {epsilon}), but for a chance of 1 in {odds}.",
  "about.promise.participant":
    "The promise protects you as a participant: ε = {epsilon} at δ = {delta}, for one participant more or less (add-remove), over the whole run. Whether you take part or not changes the chance of anything anyone can see in the sums by a factor of at most {factor} (e to the power of {epsilon}), but for a chance of 1 in {odds}.",
  "about.again": "What this run is, and what it promises",
  "about.weak":
    "Weak cohort: this task adds up fewer answers than is customary (5 institutions, or 100 persons), so each one is hidden among few.",
  // Look: choosing data
  "choose.title": "Choose your data",
  "choose.file": "A CSV file of yours",
  "choose.drop": "or drop it here",
  "choose.sample": "Use sample data",
  "choose.never": "It never leaves this tab.",
  "choose.sent": "{bytes} bytes computed from it have left so far.",
  "choose.columns": "The task reads these columns: {columns}",
  "data.title": "What the tab sees in your file",
  "data.rows":
    "{rows, plural, one {# row} other {# rows}}, {heldBack, number} of them only to measure the model, never to train it",
  "data.dropped": "Left out at once: {columns}",
  "data.droppedNone": "No column had to be left out.",
  "data.anonymity":
    "Taken together, {columns} tell rows apart: {unique, plural, =0 {no row is unique} one {# row is unique} other {# rows are unique}}, and the smallest group of rows that look alike has {k, number}. This is told to nobody but you.",
  "data.problems":
    "{count, plural, one {One problem was found; its row is left out} other {# problems were found; their rows are left out}}",
  "data.problems.shown": "The first {shown, number} are shown.",
  "data.problem.row": "Row",
  "data.problem.column": "Column",
  "data.problem.what": "Problem",
  "data.problem.found": "Found",
  "problem.unknown-label": "not one of the label’s two values",
  "problem.not-a-number": "not a number",
  "problem.unknown-value": "a value the task does not know",
  "problem.missing-column": "the column is missing",
  "problem.ragged-row": "more or fewer cells than the header",
  // The decision
  "consent.title": "Do you want to take part?",
  "consent.what":
    "This tab computes with your rows for up to {rounds, plural, one {# round} other {# rounds}}. Each round sends one vector of integers, clipped, noised and masked, never a row. All rounds together stay within {promise}; this tab keeps the account itself and stops when it is spent.",
  "consent.family":
    "All tasks of the family «{family}» are counted together in this browser: what you gave to one of them is missing here.",
  "consent.leave": "You can leave at any time. What is already part of a sum cannot be taken out of it.",
  "consent.yes": "Take part",
  "consent.no": "Not now",
  // Train
  "state.connecting": "Connecting",
  "state.choosing": "Choosing data",
  "state.consenting": "Your decision",
  "state.waiting": "Waiting for the next round",
  "state.computing": "Computing in this tab",
  "state.summing": "Adding up with the others",
  "state.finished": "Finished",
  "state.left": "You left",
  "state.declined": "Your tab declined",
  "state.failed": "Stopped",
  "train.title": "Training together",
  "train.round": "Round {round, number} of {planned, number}: {question}",
  "train.phase": "Now: {phase}",
  "train.cohort": "{cohort, plural, one {# participant} other {# participants}} in the cohort",
  "train.waitingFor": "Waiting for the first round. It begins when enough participants are here.",
  "train.offline": "No connection to the coordinator. Your tab tries again by itself.",
  "train.lastRefusal": "Your tab sat out a round. {reason}",
  "train.keepOpen": "Keep this tab open. It works on in the background.",
  "train.adapter": "Computes on {adapter}",
  "checkpoint.text": "Ledger checked: {size, plural, one {# entry} other {# entries}}, root {root}…",
  "question.profile": "count columns",
  "question.train": "train",
  "question.tree": "grow the tree",
  "question.explain": "measure what weighs",
  "question.evaluate": "measure the model",
  "phase.announce": "compute the answer",
  "phase.ready": "offer keys",
  "phase.shares": "share the masks’ secrets",
  "phase.masked": "send the masked answer",
  "phase.unmask": "open the sum",
  "phase.result": "check the result",
  "balance.title": "Your privacy balance",
  "balance.text": "ε = {spent} of {budget} spent at δ = {delta}, for {unit} {relation}",
  "balance.spent": "spent: {value}",
  "balance.round": "one more round: at most {value}",
  "balance.left": "left: {value}",
  "balance.note": "This tab counts by the rounds it really took part in, and stops when nothing is left.",
  "leave.button": "Leave",
  "leave.title": "Leave this run?",
  "leave.text":
    "A round that is under way counts this tab as a dropout. Nothing of your answer to it is revealed. What is already part of a finished sum stays in the model, with its noise. Your balance is kept in this browser, so that coming back cannot spend it twice.",
  "leave.confirm": "Leave the run",
  "leave.stay": "Stay",
  // What left this tab
  "sent.title": "What left this tab",
  "sent.none": "Nothing computed from your data has left this tab.",
  "sent.total":
    "{count, plural, one {One vector} other {# vectors}}, {bytes} bytes: all that was computed from your data and sent.",
  "sent.time": "Time",
  "sent.question": "Question",
  "sent.vector": "Integers × bits",
  "sent.size": "{dimension, number} × {bits, number}",
  "sent.bytes": "Bytes",
  "sent.after": "ε after",
  "sent.head": "First integers",
  "sent.hash": "SHA-256",
  "sent.older": "Older ones are in the download.",
  "sent.download": "Download as JSON",
  // See: how it ended
  "finished.title": "The run is over",
  "finished.text": "Thank you for taking part. Your data never left this tab.",
  "left.title": "You have left",
  "left.text": "Nothing more is sent. To come back, open the invitation again; your balance is kept in this browser.",
  "stopped.title": "This tab cannot go on",
  // Why it cannot go on, by code: what happened, and what to do
  "refusal.no-webgpu":
    "This browser gives no access to a graphics processor through WebGPU. Use a current Chrome, Edge, Firefox or Safari over https or on localhost, and switch hardware acceleration on.",
  "refusal.adapter-lost":
    "The browser lost the graphics processor while it was computing. Load the page again. If it happens often, close other heavy tabs.",
  "refusal.not-finite":
    "A number grew beyond all bounds while computing, so nothing was sent. Check your file for extreme values. Tell the person who runs this if it happens again.",
  "refusal.invitation-invalid":
    "This invitation is not valid for this run. Open the whole link you were sent, or ask for a new one.",
  "refusal.run-unknown": "There is no such run here. Check the link, or ask the person who sent it.",
  "refusal.run-proposed":
    "This task is still being reviewed, and nobody can join before its reviewers have signed. Try the link again later.",
  "refusal.run-ended": "This run is already over. Nothing is left to do. Ask for an invitation to the next run.",
  "refusal.signature-invalid":
    "A message was not signed by the coordinator this tab knows, or a signature did not fit. Ask the person who runs this whether the coordinator was set up anew. If not, do not take part.",
  "refusal.task-changed":
    "The coordinator asked something else than the task it had promised. Do not take part before the person who runs this has explained it.",
  "refusal.model-hash-mismatch":
    "The model that arrived is not the one the coordinator had announced. Load the page again. If it happens again, tell the person who runs this.",
  "refusal.checkpoint-forked":
    "The coordinator’s ledger does not continue the one this tab has seen before. Somebody rewrote history, or data was lost. Do not take part before the person who runs this has explained it.",
  "refusal.not-reviewed":
    "The task names reviewers, and not all of them have signed it. Do not take part until the person who runs this has explained why.",
  "refusal.not-in-ledger":
    "What the coordinator asked is not written in its ledger. Do not take part before the person who runs this has explained it.",
  "refusal.witness-missing":
    "An independent witness that the task names did not sign what the coordinator showed your tab. Do not take part before the person who runs this has explained it.",
  "refusal.roster-too-small":
    "Too few participants were in this round to hide you among them. Nothing to do: your tab joins again as soon as more have come.",
  "refusal.roster-invalid":
    "The list of this round’s participants did not pass your tab’s check. Load the page again. If it happens again, tell the person who runs this.",
  "refusal.plan-mismatch":
    "The coordinator asked for less noise, or another answer, than the task allows. Do not take part before the person who runs this has explained it.",
  "refusal.budget-spent":
    "Your privacy balance for this task is spent. One more round would break the promise. Nothing to do: you have given all that was agreed. The balance does not grow back.",
  "refusal.survivors-too-few":
    "Too many participants dropped out, so the sum was not opened. Nothing to do: your tab joins the next round.",
  "refusal.survivors-split":
    "Participants were not told the same about who is left, so the sum was not opened. Your tab tries the next round. If it happens again, tell the person who runs this.",
  "refusal.already-answered":
    "Your tab has already answered this question, and answers none twice. Is this run open in a second tab? Close one. Your tab joins the next round.",
  "refusal.share-invalid":
    "Another participant’s sealed message could not be opened. Nothing to do: your tab joins the next round.",
  "refusal.offline": "The coordinator cannot be reached. Check your connection. Your tab tries again by itself.",
  "refusal.timed-out":
    "Your tab’s answer came too late for this round. Keep the tab open and close heavy programs. Your tab joins the next round.",
  "refusal.disconnected":
    "The connection broke in the middle of a round. Nothing of it was revealed. Check your connection. Your tab joins the next round.",
  "refusal.storage-unavailable":
    "This browser lets the page store nothing, so your privacy balance could not be kept. Leave private browsing, allow this site to store data, and load the page again.",
  "refusal.entropy-failed":
    "This browser’s random numbers did not pass a check, so no noise could be trusted. Use another browser or device.",
  "refusal.bad-file":
    "The file could not be read as a table. Choose a CSV file whose first line names the columns. {reason}",
  "refusal.no-sample":
    "No sample could be had for this task. Choose a file of your own, or try the sample again in a moment.",
  "refusal.missing-column":
    "The file lacks the column “{column}”, which the task needs. Add it or correct its name in the file’s first line, and choose the file again.",
  "refusal.too-few-rows":
    "The file has too few rows that can be used. Choose a file with more rows, or correct the ones with problems.",
  "refusal.coordinator-refused":
    "The coordinator did not accept this tab’s message. Load the page again. If it happens again, tell the person who runs this.",
  "refusal.protocol-error":
    "Something unexpected happened, and your tab stopped to be safe. Load the page again. If it happens again, send the details to the person who runs this. {reason}",
  "refusal.version-mismatch":
    "This tab and the coordinator speak different versions. Load the page again to get the current version.",
  "refusal.unknown":
    "Your tab stopped for a reason this page has no words for ({code}). Load the page again; if it happens again, send the code to the person who runs this.",
  // Console
  "console.title": "Console",
  "console.signIn": "Operator’s key",
  "console.signIn.button": "Sign in",
  "console.signIn.help":
    "The operator’s key was printed when the coordinator started. It is kept in this tab only, until you close it.",
  "console.signIn.wrong": "This key is not valid here. Copy the one that the coordinator printed when it started.",
  "console.signOut": "Sign out",
  "console.failed": "No connection to the coordinator ({reason}). What you see may be old.",
  "console.promised": "promised: at most ε = {budget}",
  "console.loading": "Loading…",
  "console.back": "All runs",
  "console.runs": "Runs",
  "console.runs.none": "No run yet. Launch the first one.",
  "console.run": "Run",
  "console.task": "Task",
  "console.state": "State",
  "console.progress": "Rounds",
  "console.spent": "Privacy spent",
  "console.weak": "weak cohort",
  "console.launch": "Launch a run",
  "console.launch.example": "Start from an example",
  "console.launch.yaml": "Task file (YAML)",
  "console.launch.button": "Launch",
  "console.launch.problems": "To correct, by line and column:",
  "run.proposed": "Waiting for its reviewers",
  "run.waiting": "Waiting for participants",
  "run.running": "Running",
  "run.finished": "Finished",
  "run.stopped": "Stopped",
  "run.failed": "Failed",
  "console.connected": "{count, plural, one {# participant connected} other {# participants connected}}",
  "console.now":
    "Round {round, number}: {question}, {phase}, {cohort, plural, =0 {cohort being formed} other {cohort of #}}",
  "console.invitation": "Invitation link",
  "console.copy": "Copy",
  "console.copied": "Copied",
  "console.stop": "Stop the run",
  "console.stop.title": "Stop this run?",
  "console.stop.text":
    "A round that is under way ends with nothing revealed. What was spent stays spent. A stopped run cannot be started again. Its model, report and ledger stay.",
  "console.stop.cancel": "Let it run",
  "console.gates": "Gates: what the model must meet to be exported",
  "console.gate.met": "met",
  "console.gate.notMet": "not met",
  "console.gate.open": "not yet known",
  "console.gate.condition": "Condition",
  "console.gate.value": "Now",
  "metric.accuracy": "Accuracy",
  "metric.auc": "AUC",
  "metric.demographicParityDifference": "Demographic parity difference",
  "metric.demographicParityRatio": "Demographic parity ratio",
  "metric.equalizedOddsDifference": "Equalized odds difference",
  "metric.equalizedOddsRatio": "Equalized odds ratio",
  "metric.equalOpportunityDifference": "Equal opportunity difference",
  "metric.aucGap": "AUC gap",
  "metric.calibrationGap": "Calibration gap",
  "metric.worstGroupAccuracy": "Worst group's accuracy",
  "metric.epsilon": "ε",
  "metric.cohort": "Cohort",
  "console.review": "Ethics review",
  "review.open": "Nothing begins before every reviewer has approved.",
  "review.approved": "Every reviewer approves.",
  "review.rejected": "A reviewer rejected the task.",
  "review.withdrawn": "A reviewer withdrew. The model cannot be exported.",
  "review.expired": "An approval is too old. The reviewers have to look again before the model can be exported.",
  "console.review.excepted": "The reviewers signed an exception: this model may leave although gates are not met.",
  "console.review.reviewer": "Reviewer",
  "console.review.decision": "Decision",
  "console.review.when": "Signed",
  "console.review.none": "nothing yet",
  "console.review.sign": "Sign as a reviewer",
  "console.review.key": "Your key file (made by murmur review-key; it does not leave this page)",
  "console.review.reasons": "Your reasons. They go into the public ledger: name nobody.",
  "console.review.button": "Sign",
  "console.review.badKey": "This file holds no reviewer’s key.",
  "review.approve": "Approve",
  "review.reject": "Reject",
  "review.withdraw": "Withdraw the approval",
  "review.except": "Let the model leave although gates are not met",
  "console.aborted": "Rounds that ended with nothing revealed",
  "abort.cohort-too-small": "too few participants joined",
  "abort.witness-missing": "an independent witness was away, or did not sign",
  "abort.sharers-too-few": "too few shared their masks’ secrets",
  "abort.survivors-too-few": "too many dropped out",
  "abort.consistency-too-few": "too few confirmed who was left",
  "abort.shares-insufficient": "too few right shares came to open the sum",
  "abort.sum-wrapped": "the sum was too large for its range: an answer was out of bounds, or false",
  "abort.coordinator-restarted": "the coordinator was restarted",
  "abort.coordinator-failed": "the coordinator failed; see its log",
  "abort.budget-spent": "the privacy budget is spent",
  "abort.stopped": "stopped by the operator",
  "console.downloads": "Files",
  "console.document": "Report ({name})",
  "console.model": "Model ({format})",
  "console.ledger": "Ledger (JSON)",
  "console.table": "Show as table",
  "console.csv": "Download as CSV",
  // Curves
  "chart.round": "Round",
  "chart.empty": "The first point comes with the first finished round.",
  "chart.loss": "Loss",
  "chart.loss.summary": "Loss {last} nats after round {round, number}.",
  "chart.auc": "AUC",
  "chart.auc.summary": "AUC {last} after round {round, number}.",
  "chart.gap": "Gap between groups",
  "chart.gap.summary": "Gap {last} after round {round, number}; tolerated are {tolerance}.",
  "chart.gap.saturated":
    "Gap {last} after round {round, number}; tolerated are {tolerance}. The penalty already pushes as hard as it may.",
  "chart.tolerance": "tolerance",
  "chart.multiplier": "Fairness multiplier",
  "chart.multiplier.summary": "Multiplier {last} after round {round, number}.",
  "explained.title": "What the model looks at",
  "explained.importance":
    "How far each column moves a score, on average over held-back rows (logits), from one noisy sum. A large number says that the model uses the column, not that the column is a cause.",
  "explained.column": "Column",
  "explained.everybody": "everybody",
  "explained.tree.title": "A small tree that decides much as the model does",
  "explained.tree.fidelity":
    "On {share} of the held-back rows this tree decides as the model does. It was grown from noisy counts; no row left a tab.",
  "explained.tree.unknown":
    "How often this tree decides as the model does is not known yet. It was grown from noisy counts; no row left a tab.",
  "explained.tree.all": "all rows",
  "explained.tree.missing": "missing",
  "explained.tree.there": "there",
  "explained.tree.other": "other",
  "explained.tree.selected": "selected",
  "explained.tree.refused": "not selected",
  "explained.tree.save": "Save the drawing (SVG)",
  "chart.epsilon": "ε spent",
  "chart.epsilon.summary":
    "ε = {last} of {budget} spent after round {round, number} at δ = {delta}, for {unit} {relation}.",
  "chart.budget": "budget",
  "chart.cohort": "Cohort",
  "chart.cohort.summary": "{last} participants were left at the end of round {round, number}.",
  "chart.dropped": "dropouts",
  "chart.clip": "Clip norm",
  "chart.clip.summary": "Clip norm {last} in round {round, number}; a share of {within} was within it.",
  "chart.clip.within": "share within it",
  "chart.objective": "Objective",
  "chart.objective.summary": "Weighted sum {last} after round {round, number}.",
  "term.total": "weighted sum",
  "term.loss": "loss",
} as const;

export type MessageKey = keyof typeof en;
