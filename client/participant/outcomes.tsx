/** What a model thinks of something, likeliest first. */
import { formatNumber, t } from "../i18n/messages.ts";
import { Scroll } from "../ui/scroll.tsx";

export const percent = (share: number) => formatNumber(share, { style: "percent", maximumFractionDigits: 1 });

export function Outcomes({ title, outcomes }: { title: string; outcomes: { name: string; probability: number }[] }) {
  const [likeliest] = outcomes;
  return (
    <>
      <p data-testid="tried">
        {t("try.likeliest", { outcome: likeliest!.name, probability: percent(likeliest!.probability) })}
      </p>
      <Scroll label={title}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t("try.outcome")}</th>
              <th scope="col" class="number">
                {t("try.probability")}
              </th>
            </tr>
          </thead>
          <tbody>
            {outcomes.map(({ name, probability }) => (
              <tr key={name}>
                <td>{name}</td>
                <td class="number">{percent(probability)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </>
  );
}
