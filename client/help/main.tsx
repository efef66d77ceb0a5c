/** `/help`: guide pages in both languages; the page is named behind the # so that it can be linked. */
import { signal } from "@preact/signals";
import { render } from "preact";
import { language, t } from "../i18n/messages.ts";
import { Frame } from "../ui/frame.tsx";
import { type PageName, pageNames, type Section } from "./guide.ts";
import { guideEn } from "./guide-en.ts";
import { guideZh } from "./guide-zh.ts";
import { HelpPicture } from "./pictures.tsx";
import { Reasons } from "./reasons.tsx";
import { TaskFields } from "./task-fields.tsx";

const asked = (): PageName => pageNames.find((name) => name === location.hash.slice(1)) ?? pageNames[0];
const page = signal(asked());
addEventListener("hashchange", () => {
  page.value = asked();
  scrollTo({ top: 0 });
  document.querySelector("h1")?.focus();
});

function Help() {
  const guide = language.value === "zh" ? guideZh : guideEn;
  const { title, sections } = guide[page.value];
  return (
    <Frame title={t("help.title")} wide>
      <div class="guide">
        <nav aria-label={t("help.title")}>
          <ul>
            {pageNames.map((name) => (
              <li key={name}>
                <a href={`#${name}`} aria-current={name === page.value ? "page" : undefined}>
                  {guide[name].title}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <article>
          <h1 tabIndex={-1}>{title}</h1>
          {sections.map((section) => (
            <GuideSection key={section.heading} section={section} />
          ))}
          {page.value === "task-file" && <TaskFields />}
          {page.value === "troubleshooting" && <Reasons />}
        </article>
      </div>
    </Frame>
  );
}

function GuideSection({ section }: { section: Section }) {
  const { heading, text, list, code, picture } = section;
  return (
    <section class="card">
      <h2>{heading}</h2>
      {text.map((paragraph) => (
        <p key={paragraph}>{paragraph}</p>
      ))}
      {list && (
        <ul>
          {list.map((item) => (
            <li key={item}>{item}</li>
          ))}
        </ul>
      )}
      {picture && <HelpPicture name={picture} />}
      {code !== undefined && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a long command scrolls, by keyboard too
        <pre class="scroll mono code" tabIndex={0}>
          {code}
        </pre>
      )}
    </section>
  );
}

render(<Help />, document.body);
