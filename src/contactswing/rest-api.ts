// The REST API's own words. Source: ContactSwing's public API reference, "Create Action" and "Get Action by ID".

/** Body of `POST /v2/_actions`. Absent optional fields are left out. */
export interface RestActionInput {
  readonly name: string;
  readonly description?: string;
  readonly action_timing: string;
  readonly type: string;
  readonly webhook: RestWebhook;
}

export interface RestWebhook {
  readonly mandatory?: boolean;
  readonly name?: string;
  readonly description?: string;
  readonly type?: string;
  readonly sync_data?: boolean;
  readonly sync_module?: string;
  readonly sync_field?: string;
}

export const singleDataExtraction = "SINGLEDATAEXTRACTION";

export const actionsPath = "/v2/_actions";
