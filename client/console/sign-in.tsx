/** The operator's key, asked for once a tab. */
import { signal } from "@preact/signals";
import { t } from "../i18n/messages.ts";
import { Frame } from "../ui/frame.tsx";
import { failure, signIn, takeKey } from "./api.ts";

const wrong = signal(false);

export async function trySignIn(candidate: string): Promise<void> {
  try {
    wrong.value = !(await signIn(candidate));
  } catch (error) {
    failure.value = t("console.failed", { reason: error instanceof Error ? error.message : String(error) });
  }
}

// An address with a key that is opened where the page is open already loads nothing anew.
addEventListener("hashchange", () => {
  const own = takeKey();
  if (own !== undefined) void trySignIn(own);
});

export const Failure = () =>
  failure.value !== undefined && (
    <p class="problems" role="alert">
      {failure.value}
    </p>
  );

export function SignIn({ title }: { title: string }) {
  return (
    <Frame title={title}>
      <Failure />
      <form
        class="card"
        onSubmit={(event) => {
          event.preventDefault();
          void trySignIn(String(new FormData(event.currentTarget).get("key")));
        }}
      >
        <h1>{title}</h1>
        <label>
          {t("console.signIn")} <input name="key" type="password" autocomplete="off" required data-testid="key" />
        </label>{" "}
        <button type="submit">{t("console.signIn.button")}</button>
        <p class="quiet small">{t("console.signIn.help")}</p>
        {wrong.value && (
          <p class="problems" role="alert">
            {t("console.signIn.wrong")}
          </p>
        )}
      </form>
    </Frame>
  );
}
