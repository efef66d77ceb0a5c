/**
 * `murmur audit`: tries to break the promise by the real path, and shows beside it that the same attack does break builds
 * that are sabotaged.
 */
import { auditCanaries, type CanaryAudit } from "../../shared/privacy/audit/canary.ts";
import { invertGradients, stepDimension } from "../../shared/privacy/audit/inversion.ts";
import { auditMechanism, type MechanismAudit, realBuild } from "../../shared/privacy/audit/mechanism.ts";
import { quietTwin, type TwinName, twins } from "../../shared/privacy/audit/twins.ts";
import { RandomSource } from "../../shared/privacy/random.ts";
import { roundsInMemory } from "../audit-round.ts";

export interface AuditOptions {
  noiseMultiplier: number;
  delta: number;
  trials: number;
  canaries: number;
  /** Chance of each bound to be above the truth, at most */
  significance: number;
  /** How often all of it is done */
  repeat: number;
}

export interface Verdict {
  /** The largest of all repetitions for the real build, the smallest for a twin */
  lowerBound: number;
  /** Repetitions in which the bound was above the claim */
  flaggedRuns: number;
  flagged: boolean;
}

export interface Audit extends Verdict {
  /** ε at δ of one noisy sum */
  claimed: number;
  delta: number;
  noiseMultiplier: number;
  unit: "participant";
  relation: "add-remove";
  confidence: number;
  runs: number;
  twins: Record<TwinName, Verdict>;
  /** Lower bounds from canary participants in a training run, and in the same run of a build with hardly any noise */
  canaries: CanaryBounds & { rounds: number; twin: CanaryBounds };
  /** Quality of the picture won back, dB, by sum and noise */
  inversion: { of: number; noised: boolean; psnr: number }[];
  /** Whether the picture is recognised in a noised sum, and, as it must be, where there is neither sum nor noise */
  picture: { flagged: boolean; twin: { flagged: boolean } };
  /** The real build was never flagged, every twin of the mechanism at least 99 times in 100, and the other twins too */
  ok: boolean;
}

type CanaryBounds = Pick<CanaryAudit, "claimed" | "oneRun" | "oneRunGaussian" | "flagged">;

/** What the page draws and the JSON leaves out. */
export interface AuditDetail {
  audit: Audit;
  last: MechanismAudit;
  canaries: CanaryAudit;
  canaryTwin: CanaryAudit;
  inversion: Awaited<ReturnType<typeof invertGradients>>;
}

/** A twin that is found 99 times in 100 is found. */
const caughtShare = 0.99;
const canaryRounds = 3;
const canaryLearners = 20;
/** Some hundred canaries refute an ε of about 1 at most, so the claim of their run is no larger than that of this noise. */
const canaryNoise = 4 * Math.sqrt(canaryRounds);
/** Above it somebody sees what it is, dB */
const recognised = 12;
const pictureSums = [1, 2, 10, 100];

export async function audit(
  { noiseMultiplier, delta, trials, canaries, significance, repeat }: AuditOptions,
  onRun: (done: number) => void = () => {},
): Promise<AuditDetail> {
  const random = new RandomSource();
  const options = { noiseMultiplier, delta, trials, significance };
  const real: MechanismAudit[] = [];
  const sabotaged: Record<string, MechanismAudit[]> = Object.fromEntries(Object.keys(twins).map((name) => [name, []]));
  for (let run = 0; run < repeat; run++) {
    real.push(await auditMechanism(realBuild, random, options));
    for (const [name, build] of Object.entries(twins))
      sabotaged[name]!.push(await auditMechanism(build, random, options));
    onRun(run + 1);
  }
  const training = {
    canaries,
    learners: canaryLearners,
    rounds: canaryRounds,
    noiseMultiplier: Math.max(noiseMultiplier, canaryNoise),
    delta,
    significance,
  };
  const play = roundsInMemory(random, training.noiseMultiplier, stepDimension);
  const canaryAudit = await auditCanaries(realBuild, random, play, training);
  const canaryTwin = await auditCanaries(quietTwin, random, play, training);
  const boundsOf = ({ claimed, oneRun, oneRunGaussian, flagged }: CanaryAudit): CanaryBounds => ({
    claimed,
    oneRun,
    oneRunGaussian,
    flagged,
  });
  const inversion = await invertGradients(random, { sizes: pictureSums, noiseMultiplier });
  const isSeen = (wanted: (r: { of: number; noised: boolean }) => boolean) =>
    inversion.reconstructions.some((r) => wanted(r) && r.psnr > recognised);
  const picture = {
    flagged: isSeen((r) => r.noised),
    twin: { flagged: isSeen((r) => r.of === 1 && !r.noised) },
  };
  const last = real.at(-1)!;
  const verdict = (audits: MechanismAudit[], worst: (...bounds: number[]) => number): Verdict => {
    const flaggedRuns = audits.filter((a) => a.flagged).length;
    return { lowerBound: worst(...audits.map((a) => a.lowerBound)), flaggedRuns, flagged: flaggedRuns > 0 };
  };
  const caught = Object.fromEntries(
    Object.entries(sabotaged).map(([name, audits]) => [name, verdict(audits, Math.min)]),
  ) as Record<TwinName, Verdict>;
  const own = verdict(real, Math.max);
  return {
    audit: {
      claimed: last.claimed,
      ...own,
      delta,
      noiseMultiplier,
      unit: "participant",
      relation: "add-remove",
      confidence: 1 - significance,
      runs: repeat,
      twins: caught,
      canaries: { ...boundsOf(canaryAudit), rounds: canaryRounds, twin: boundsOf(canaryTwin) },
      picture,
      inversion: inversion.reconstructions.map(({ of, noised, psnr }) => ({ of, noised, psnr })),
      ok:
        !own.flagged &&
        !canaryAudit.flagged &&
        canaryTwin.flagged &&
        !picture.flagged &&
        picture.twin.flagged &&
        Object.values(caught).every((twin) => twin.flaggedRuns >= caughtShare * repeat),
    },
    last,
    canaries: canaryAudit,
    canaryTwin,
    inversion,
  };
}
