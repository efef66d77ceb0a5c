import { expect, test } from "vitest";
import { matchColumns } from "./match.ts";

test("names are matched whatever their case, marks and short forms, each column once", () => {
  const needed = ["age", "marital", "education", "hours.per.week", "y"];
  const columns = ["Hours_per_week", "AGE", "Marital status", "Educational level", "id", "age group"];
  expect(Object.fromEntries(matchColumns(needed, columns))).toEqual({
    age: "AGE",
    marital: "Marital status",
    education: "Educational level",
    "hours.per.week": "Hours_per_week",
  });
});

test("what is not alike is not guessed", () => {
  expect(matchColumns(["balance"], ["colour", "x"]).size).toBe(0);
});
