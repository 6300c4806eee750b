import type { Json } from "./message.ts";

export interface TemplateFields {
  service: string | null;
  source: string | null;
  customer: string | null;
  value: number | null;
  details: { [key: string]: Json };
}

const PLACEHOLDER = /\{\{\s*([\w.-]+)\s*\}\}/g;

/**
 * Fills the one-line template of a built-in type. Only the catalogue's own templates come here, never a producer's text.
 * @returns null when a field that it names is missing, for a sentence with a gap says less than the title
 */
export function fillTemplate(template: string, fields: TemplateFields): string | null {
  let complete = template !== "";
  const text = template.replace(PLACEHOLDER, (_, name: string) => {
    const value = fieldOf(fields, name);
    if (value === null || value === "" || typeof value === "object") complete = false;
    return String(value);
  });
  return complete ? text : null;
}

function fieldOf(fields: TemplateFields, name: string): Json {
  const detail = name.startsWith("details.") ? name.slice("details.".length) : null;
  if (detail !== null) return Object.hasOwn(fields.details, detail) ? (fields.details[detail] ?? null) : null;
  if (name === "service" || name === "source" || name === "customer" || name === "value") return fields[name];
  return null;
}
