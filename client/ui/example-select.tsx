/** Something to start from: a list of files by name, of which the chosen one's text is taken. */
import { t } from "../i18n/messages.ts";
import type { Example } from "./examples.ts";

export function ExampleSelect(props: {
  examples: readonly Example[];
  testid: string;
  onChoose: (yaml: string) => void;
}) {
  const { examples, testid, onChoose } = props;
  return (
    <p class="choices">
      <label>
        {t("console.launch.example")}{" "}
        <select
          data-testid={testid}
          value=""
          onChange={({ currentTarget }) => {
            const chosen = examples.find(({ name }) => name === currentTarget.value);
            if (chosen) onChoose(chosen.yaml);
            currentTarget.value = "";
          }}
        >
          <option value="">{t("form.choose")}</option>
          {examples.map(({ name }) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
    </p>
  );
}
