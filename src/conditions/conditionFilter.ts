import type { SearchFilter, SearchTable } from "../db/search.ts";
import { wantedSeverities } from "../decide/severity.ts";
import type { Severity } from "../render/message.ts";

/** Which conditions are wanted; what is left out does not matter. */
export interface ConditionFilter {
  status?: "OPEN" | "CLOSED" | null | undefined;
  types?: readonly string[] | null | undefined;
  severities?: readonly Severity[] | null | undefined;
  minimumSeverity?: Severity | null | undefined;
  services?: readonly string[] | null | undefined;
  categories?: readonly string[] | null | undefined;
  /** Whether somebody has taken it on. */
  acknowledged?: boolean | null | undefined;
}

export const CONDITIONS: SearchTable = {
  name: "Condition",
  time: "openedAt",
  indexed: { status: { but: "CLOSED" }, service: { but: null }, type: {}, customer: { but: null }, severity: {} },
};

/** @param customers null: of any or none @param along see SearchFilter */
export function conditionSearch({ status, types, severities, minimumSeverity, services, categories, acknowledged }: ConditionFilter, customers: readonly string[] | null, along?: "customer"): SearchFilter {
  return {
    along,
    oneOf: { category: categories, status: status && [status], type: types, severity: wantedSeverities(severities, minimumSeverity), service: services, customer: customers },
    closed: ["status", "severity"],
    isNull: { acknowledgedAt: typeof acknowledged === "boolean" ? !acknowledged : null },
  };
}
