/** The flag of every command that speaks to a serving coordinator. */
export const coordinator = {
  type: "string",
  default: "http://localhost:8787",
  valueHint: "URL",
  description: "Address of the serving coordinator",
} as const;

export const runPlace = {
  type: "positional",
  required: true,
  description: "the run's name, as `list` shows it",
} as const;

export const modelOf = {
  type: "string",
  required: true,
  valueHint: "RUN",
  description: "The run's name at the coordinator, or the file or folder its model was exported to as json",
} as const;

/** Of commands that use encoders which were brought in. */
export const dataDirOf = {
  type: "string",
  default: "murmur-data",
  valueHint: "DIR",
  description: "The coordinator's data",
} as const;
