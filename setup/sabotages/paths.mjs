/** Where most sabotages, and the tests that see them, are. */
const round = (file) => `shared/round/${file}.ts`;
export const announce = round("0-announce");
export const ready = round("1-ready");
export const roster = round("1-roster");
export const memberSet = round("member-set");
export const shares = round("2-shares");
export const masked = round("3-masked");
export const unmask = round("4-unmask");

export const coordinator = round("adversarial/coordinator.test");
export const members = round("adversarial/members.test");
export const fleet = round("adversarial/fleet.test");
export const dropouts = round("adversarial/dropouts.test");
export const reuse = round("adversarial/reuse.test");

export const sum = (file) => `shared/secure-sum/${file}.ts`;
export const privacy = (file) => `shared/privacy/${file}.ts`;
