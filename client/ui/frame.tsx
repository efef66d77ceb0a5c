/** What every page has: the name, the language, the place for the rest. */
import type { ComponentChildren } from "preact";
import { chooseLanguage, type Language, language, t } from "../i18n/messages.ts";
import "./theme.css";

export function Frame({ title, wide, children }: { title?: string; wide?: boolean; children: ComponentChildren }) {
  return (
    <>
      <header class="frame">
        <a class="name" href="/">
          {t("app.name")}
        </a>
        {title !== undefined && <span class="where">{title}</span>}
        {title !== t("help.title") && (
          <a class="help" href="/help">
            {t("help.title")}
          </a>
        )}
        <label class="language">
          <span class="unseen">{t("language.switch")}</span>
          <select
            value={language.value}
            data-testid="language"
            onChange={(event) => chooseLanguage(event.currentTarget.value as Language)}
          >
            <option value="en">{t("language.en")}</option>
            <option value="zh">{t("language.zh")}</option>
          </select>
        </label>
      </header>
      <main class={wide ? "wide" : ""}>{children}</main>
    </>
  );
}
