// What a hospital's programmer would write against the generated types. It is compiled and never run.
import type { operations, paths } from "./gateway";

type Letter = paths["/v1/reads"]["post"]["requestBody"]["content"]["application/json"];
type Release = operations["read"]["responses"][200]["content"]["application/json"];

export async function read(origin: string, letter: Letter): Promise<Release> {
  const answer = await fetch(`${origin}/v1/reads`, { method: "POST", body: JSON.stringify(letter) });
  return (await answer.json()) as Release;
}

// @ts-expect-error: a letter without the accessor's signature is none.
export const unsigned: Letter = {};
