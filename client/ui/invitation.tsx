/** A link to hand on: to copy, to share where the device can, and as a QR code for the camera of another one. */
import { signal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { encode } from "uqr";
import { t } from "../i18n/messages.ts";

const copied = signal(false);
const copiedForMs = 3000;

export function Invitation({ link }: { link: string }) {
  const text = useRef<HTMLElement>(null);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(link);
    } catch {
      // Without https there is no clipboard: select the link, so that one key copies it.
      getSelection()?.selectAllChildren(text.current!);
      return;
    }
    copied.value = true;
    setTimeout(() => {
      copied.value = false;
    }, copiedForMs);
  };
  return (
    <div class="invitation">
      <Code link={link} />
      <div>
        <strong>{t("console.invitation")}</strong>
        <p>
          <code data-testid="invitation" ref={text}>
            {link}
          </code>
        </p>
        <div class="choices">
          <button type="button" onClick={() => void copy()} aria-live="polite">
            {t(copied.value ? "console.copied" : "console.copy")}
          </button>
          {"share" in navigator && (
            // Whoever closes the device's own dialog has changed their mind; that is no failure.
            <button type="button" onClick={() => void navigator.share({ url: link }).catch(() => {})}>
              {t("invitation.share")}
            </button>
          )}
        </div>
      </div>
    </div>
  );
}

/** Dark on white in the dark too, with its quiet zone: that is what cameras read. */
function Code({ link }: { link: string }) {
  const { data, size } = encode(link, { border: 4 });
  const path = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : []))).join("");
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={t("invitation.code")}>
      <path d={`M0 0h${size}v${size}H0z`} fill="#ffffff" />
      <path d={path} fill="#000000" shape-rendering="crispEdges" />
    </svg>
  );
}
