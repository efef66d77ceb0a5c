/** The direction of imports. `node setup/check-structure.mjs` runs it and makes sure that it saw the whole house. */
const ours = "^(client|coordinator|kernels|shared|demo|e2e|(murmur|dawn)[.]ts)";

module.exports = {
  forbidden: [
    {
      name: "no-circles",
      comment: "Two files that need each other are one file, or there is a third.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "resolvable",
      comment: "An import that leads nowhere would hide from every other rule.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true, pathNot: "[.]wgsl[?]raw$" },
    },
    {
      name: "shared-stands-alone",
      comment: "What both ends agree on is pure: it knows none of them, and no platform.",
      severity: "error",
      from: { path: "^shared/", pathNot: "[.]test[.]ts$" },
      to: { path: ours, pathNot: "^shared/" },
    },
    {
      name: "shared-is-pure",
      severity: "error",
      from: { path: "^shared/", pathNot: "[.](test|bench)[.]ts$" },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "kernels-see-shared-only",
      severity: "error",
      from: { path: "^kernels/" },
      to: { path: ours, pathNot: "^(kernels|shared)/" },
    },
    {
      name: "client-sees-kernels-and-shared-only",
      severity: "error",
      from: { path: "^client/" },
      to: { path: ours, pathNot: "^(client|kernels|shared)/" },
    },
    {
      name: "coordinator-sees-shared-only",
      comment: "The coordinator never meets a kernel or a page, so it cannot come to need a row of anyone's data.",
      severity: "error",
      from: { path: "^coordinator/" },
      to: { path: ours, pathNot: "^(coordinator|shared)/" },
    },
    {
      name: "nobody-imports-the-door-or-e2e",
      severity: "error",
      from: { pathNot: "^e2e/" },
      to: { path: "^(murmur[.]ts|e2e/)" },
    },
    {
      name: "only-the-door-opens-an-adapter-in-node",
      comment: "Serving needs no adapter.",
      severity: "error",
      from: { pathNot: "^(e2e/|murmur[.]ts$)" },
      to: { path: "^dawn[.]ts$" },
    },
    {
      name: "only-the-door-opens-the-demo",
      severity: "error",
      from: { pathNot: "^(demo/|e2e/|murmur[.]ts$)" },
      to: { path: "^demo/" },
    },
    {
      name: "only-audits-see-the-sabotaged-twins",
      severity: "error",
      from: { pathNot: "^(shared/privacy/audit/|coordinator/(command/audit|audit-round[.]test)[.]ts$)" },
      to: { path: "^shared/privacy/audit/twins[.]ts$" },
    },
    {
      name: "only-simulations-see-a-seeded-generator",
      comment: "Noise that follows from a seed can be taken off again: nothing that serves or trains may come near it.",
      severity: "error",
      from: {
        path: "^(client|coordinator|kernels|shared|demo|(murmur|dawn)[.]ts)",
        pathNot: "([.](test|bench)[.]tsx?$|/testing(/|[.]ts$)|^coordinator/(simulation|lab)/)",
      },
      to: { path: "^shared/privacy/testing/" },
    },
    {
      name: "only-commands-open-simulations",
      comment: "They draw seeded noise (see above), and no part of a real run may need one.",
      severity: "error",
      from: {
        path: "^(client|coordinator|kernels|shared|demo|(murmur|dawn)[.]ts)",
        pathNot:
          "([.](test|bench)[.]tsx?$|^dawn[.]ts$|^coordinator/(simulation|lab)/|^coordinator/command/definitions/(lab|fairness)[.]ts$)",
      },
      to: { path: "^coordinator/(simulation|lab)/" },
    },
    {
      name: "no-development-packages-at-run-time",
      severity: "error",
      from: {
        path: "^(client|coordinator|kernels|shared|demo|(murmur|dawn)[.]ts)",
        pathNot: "([.](test|bench)[.]tsx?$|/testing(/|[.]ts$))",
      },
      to: { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"], pathNot: "@webgpu/types" },
    },
  ],
  options: {
    // Types count: a type from the wrong side is knowledge of the wrong side.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
      extensions: [".ts", ".tsx", ".d.ts", ".mjs", ".js", ".json"],
    },
  },
};
