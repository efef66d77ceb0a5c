/** The invitation this tab came with, for another device or another person. */
import { t } from "../i18n/messages.ts";
import { Invitation } from "../ui/invitation.tsx";

export function HandOn() {
  const link = new URL(location.href);
  link.searchParams.delete("lang");
  return (
    <details class="card">
      <summary>{t("handOn.title")}</summary>
      <p class="quiet small">{t("handOn.text")}</p>
      <Invitation link={link.href} />
    </details>
  );
}
