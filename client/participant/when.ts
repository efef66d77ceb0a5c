/** When this device may work: its owner's wishes, kept in this browser, and what the device says of itself. */
import { computed, effect, signal } from "@preact/signals";
import type { Resting } from "../worker/snapshot.ts";
import { pace, rest, snapshot } from "./tab.ts";

interface Wishes {
  paused: boolean;
  charging: boolean;
  idle: boolean;
  /** Whether the screen stays on while the tab takes part: a device that sleeps drops out */
  awake: boolean;
  /** Share of the time the adapter may work, 0 … 1 */
  pace: number;
}

const storageKey = "murmur.when";
const none: Wishes = { paused: false, charging: false, idle: false, awake: true, pace: 1 };

function kept(): Wishes {
  try {
    return { ...none, ...JSON.parse(localStorage.getItem(storageKey) ?? "{}"), paused: false };
  } catch {
    return none;
  }
}

export const wishes = signal<Wishes>(kept());
/** Undefined where the browser does not tell */
export const charging = signal<boolean | undefined>(undefined);
const inUse = signal(false);

export function wish(change: Partial<Wishes>): void {
  wishes.value = { ...wishes.value, ...change };
  try {
    localStorage.setItem(storageKey, JSON.stringify(wishes.value));
  } catch {
    // A browser that stores nothing forgets the wishes; they hold as long as the page.
  }
  // The browser asks its owner only in answer to something they did.
  if (change.idle) void watchDevice(true);
}

/** Battery Status API, W3C; not in every browser. */
interface Battery extends EventTarget {
  charging: boolean;
}

async function watchBattery(): Promise<void> {
  const { getBattery } = navigator as { getBattery?: () => Promise<Battery> };
  if (!getBattery) return;
  const battery = await getBattery.call(navigator);
  const look = () => {
    charging.value = battery.charging;
  };
  battery.addEventListener("chargingchange", look);
  look();
}

/** For so long without a key, a pointer or a touch nobody is there, ms; the least that Idle Detection allows. */
const idleAfterMs = 60_000;

/** Idle Detection API, WICG: of the whole device, where the browser has it and its owner agrees. */
interface IdleDetection extends EventTarget {
  userState: "active" | "idle" | null;
  screenState: "locked" | "unlocked" | null;
  start(options: { threshold: number }): Promise<void>;
}

let watching: Promise<boolean> | undefined;

function watchDevice(ask: boolean): Promise<boolean> {
  if (!ask && watching) return watching;
  watching = (async () => {
    const { IdleDetector } = globalThis as {
      IdleDetector?: { new (): IdleDetection; requestPermission(): Promise<string> };
    };
    if (!IdleDetector) return false;
    try {
      if (ask && (await IdleDetector.requestPermission()) !== "granted") return false;
      const detector = new IdleDetector();
      detector.addEventListener("change", () => {
        inUse.value = detector.userState === "active" && detector.screenState === "unlocked";
      });
      await detector.start({ threshold: idleAfterMs });
      return true;
    } catch {
      return false;
    }
  })();
  return watching;
}

/** Otherwise of this page alone. */
function watchPage(): void {
  let quiet: ReturnType<typeof setTimeout> | undefined;
  const used = () => {
    inUse.value = true;
    clearTimeout(quiet);
    quiet = setTimeout(() => {
      inUse.value = false;
    }, idleAfterMs);
  };
  for (const event of ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"])
    addEventListener(event, used, { passive: true });
}

/** Screen Wake Lock API, W3C; not in every browser. */
export const canStayAwake = "wakeLock" in navigator;

const visible = signal(document.visibilityState === "visible");

/** Held while the tab takes part. The browser lets go of it with every page that is hidden. */
function keepAwake(): void {
  let lock: Promise<WakeLockSentinel | undefined> | undefined;
  document.addEventListener("visibilitychange", () => {
    visible.value = document.visibilityState === "visible";
  });
  const wanted = computed(() => {
    const { state, resting } = snapshot.value;
    const takesPart = state === "waiting" || state === "computing" || state === "summing";
    return wishes.value.awake && takesPart && resting === undefined && visible.value;
  });
  effect(() => {
    void lock?.then((held) => held?.release());
    // A battery that is nearly empty refuses it.
    lock = wanted.value ? navigator.wakeLock.request("screen").catch(() => undefined) : undefined;
  });
}

/** From here on the wishes have their effect. */
export async function followWishes(): Promise<void> {
  effect(() => pace(wishes.value.pace));
  effect(() => {
    const { paused, charging: plugged, idle } = wishes.value;
    const reason: Resting | undefined = paused
      ? "paused"
      : plugged && charging.value === false
        ? "battery"
        : idle && inUse.value
          ? "in-use"
          : undefined;
    rest(reason);
  });
  if (canStayAwake) keepAwake();
  await watchBattery().catch(() => {});
  if (!(wishes.value.idle && (await watchDevice(false)))) watchPage();
}
