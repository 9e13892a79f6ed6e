/**
 * Every event as an interface. Made from contracts/events by `python -m toolchain.kits write`.
 *
 * Instants and days are texts (RFC 3339). Words of an enumeration may be others than those that are listed:
 * what is added later is survivable.
 */

import type { EventMessage } from "./message.ts";

/** A tier as agreed. */
export interface FrozenTier {
  /** Net sales in the pay period from which the rate holds. */
  readonly from_minor: number;
  /** Rate that the sales beyond earn, up to the next tier. */
  readonly rate_bp: number;
}

/** A pay plan as agreed. Unlike the command's plan it ignores the fields that a newer writer adds. */
export interface FrozenPayPlan {
  /** ISO 4217 code of the currency that the associate is paid in. */
  readonly currency: string;
  /** Guarantee per hour worked. */
  readonly base_rate_minor: number;
  /** Rate of a line that neither a department's rate nor a tier decides. */
  readonly rate_bp: number;
  /** Rates by department; they go before tiers and `rate_bp`. `{}` if missing. */
  readonly department_rates_bp?: Readonly<Record<string, number>>;
  /** Rates by net sales of the period, rising; empty: `rate_bp` whatever is sold. `[]` if missing. */
  readonly tiers?: readonly FrozenTier[];
  /**
   * What becomes of negative net commission: forgive, carry into the next period, or recoverable_draw
   * (top-ups are recouped out of later commission). `"carry"` if missing.
   */
  readonly deficit_policy?: "carry" | "forgive" | "recoverable_draw" | (string & {});
  /** Share of the guarantee; net commission that falls below it leads to DeficitThreatening. */
  readonly deficit_warning_bp?: number | null;
}

/** An associate joins: the first event of their history. */
export interface AssociateHired {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** The associate whose history it is. */
  readonly associate_id: string;
  /** Name of the associate. */
  readonly name?: string | null;
  /** Their number in another system. */
  readonly reference?: string | null;
  /** Store where they work. */
  readonly store_id: string;
  /** Department where they work. */
  readonly department?: string | null;
  /** Pay plan number 0, as agreed. */
  readonly plan: FrozenPayPlan;
  /** First working day, by the store's clock. */
  readonly hired_on: string;
  /** True where an import invented the associate, because its source names no sellers. `false` if missing. */
  readonly made_up?: boolean;
}

/** They leave on a day to come, which begins in their store at `begins_at`. Until then nothing changes. */
export interface LeavingAnnounced {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** The associate whose history it is. */
  readonly associate_id: string;
  /** Last working day that was announced. */
  readonly left_on: string;
  /** Who is to take over their customers, in turn; empty: nobody is named. `[]` if missing. */
  readonly successors?: readonly string[];
  /** Instant at which that day begins in their store: AssociateLeft may follow from then on. */
  readonly begins_at: string;
}

/** A leaving that had been announced does not happen. */
export interface LeavingCancelled {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** The associate whose history it is. */
  readonly associate_id: string;
  /** The day that had been announced. */
  readonly left_on: string;
}

/** An associate left. Their customers are handed over afterwards, by one OwnerReassigned each. */
export interface AssociateLeft {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** The associate whose history it is. */
  readonly associate_id: string;
  /** Last working day, by the store's clock. */
  readonly left_on: string;
  /**
   * Who takes over their customers, in turn; empty: whoever works in the same place and has the smallest
   * book. `[]` if missing.
   */
  readonly successors?: readonly string[];
}

/** Another pay plan was agreed. Sales before `effective_on` keep the plan of their day for ever. */
export interface PayPlanChanged {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** The associate whose history it is. */
  readonly associate_id: string;
  /**
   * Number of the plan among the associate's, in the order they were agreed; 0 is the one they were hired
   * with.
   */
  readonly plan_no: number;
  /** The plan, as agreed. */
  readonly plan: FrozenPayPlan;
  /** First business day on which it holds. */
  readonly effective_on: string;
  /**
   * True where sales or hours of the days from `effective_on` on were there already and were computed
   * anew; the events of the accounts that make up for it follow in the same commit. `false` if missing.
   */
  readonly recomputed?: boolean;
}

/**
 * An associate who had left is back from `rehired_on` on. Account and pay plan go on; customers stay with
 * whoever has them by now.
 */
export interface AssociateRehired {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** The associate whose history it is. */
  readonly associate_id: string;
  /** First working day of the new employment, by the store's clock. */
  readonly rehired_on: string;
  /** Store where they work from now on. */
  readonly store_id: string;
  /** Department where they work from now on. */
  readonly department?: string | null;
}

/** An associate works elsewhere from now on. Money events go to the pay calendar of the new store. */
export interface AssociateTransferred {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** The associate whose history it is. */
  readonly associate_id: string;
  /** Store where they work from now on. */
  readonly store_id: string;
  /** Department where they work from now on. */
  readonly department?: string | null;
}

/** Commission taken back for money that the customer got back on goods they keep. */
export interface AllowanceClawedBack {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Associate whose account it is. */
  readonly associate_id: string;
  /** ISO 4217 code of the currency of all amounts. */
  readonly currency: string;
  /** The sale. */
  readonly sale_id: string;
  /** Line of the sale. */
  readonly line_no: number;
  /** Pay period that it is posted to. */
  readonly period_id?: string | null;
  /**
   * Business day that lies in no opened period yet: the first statement of a period that reaches this day
   * includes it.
   */
  readonly waits_for?: string | null;
  /** What comes off the sales they are credited with. */
  readonly sales_minor: number;
  /** What is taken back. */
  readonly amount_minor: number;
}

/** Commission that moves with units of one sale line. */
export interface ClawedBackLine {
  /** Line of the sale. */
  readonly line_no: number;
  /** Units of the line, whoever is credited with them. */
  readonly quantity: number;
  /** What the associate's part of them had been sold for. */
  readonly sales_minor: number;
  /** What they had earned the associate. */
  readonly commission_minor: number;
}

/**
 * Goods came back that the associate is credited with selling, or were traced to their sale: the cents
 * that these units had earned are taken back, whoever took them in.
 */
export interface CommissionClawedBack {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Associate whose account it is. */
  readonly associate_id: string;
  /** ISO 4217 code of the currency of all amounts. */
  readonly currency: string;
  /** The return. */
  readonly return_id: string;
  /** The sale that the goods are from. */
  readonly sale_id: string;
  /** Pay period that it is posted to. */
  readonly period_id?: string | null;
  /**
   * Business day that lies in no opened period yet: the first statement of a period that reaches this day
   * includes it.
   */
  readonly waits_for?: string | null;
  /** What comes off the sales they are credited with. */
  readonly sales_minor: number;
  /** Units by line of the sale. */
  readonly lines: readonly ClawedBackLine[];
  /** What is taken back: the sum of the lines' commission. */
  readonly amount_minor: number;
}

/** Negative net commission is carried into the next period (policy carry). Issued with the statement. */
export interface DeficitCarried {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Associate whose account it is. */
  readonly associate_id: string;
  /** ISO 4217 code of the currency of all amounts. */
  readonly currency: string;
  /** The period that is settled. */
  readonly period_id: string;
  /** The amount, above zero. */
  readonly amount_minor: number;
}

/** Negative net commission is forgiven (policy forgive). Issued with the statement. */
export interface DeficitForgiven {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Associate whose account it is. */
  readonly associate_id: string;
  /** ISO 4217 code of the currency of all amounts. */
  readonly currency: string;
  /** The period that is settled. */
  readonly period_id: string;
  /** The amount, above zero. */
  readonly amount_minor: number;
}

/** Carried deficit, or open draw, is taken out of what exceeds the guarantee, with the statement. */
export interface DeficitRecouped {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Associate whose account it is. */
  readonly associate_id: string;
  /** ISO 4217 code of the currency of all amounts. */
  readonly currency: string;
  /** The period that is settled. */
  readonly period_id: string;
  /** The amount, above zero. */
  readonly amount_minor: number;
}

/**
 * Goods that came back, or an allowance, brought the net commission of a period below the share of the
 * guarantee that the plan names; once per account and period. It moves no money.
 */
export interface DeficitThreatening {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Associate whose account it is. */
  readonly associate_id: string;
  /** ISO 4217 code of the currency of all amounts. */
  readonly currency: string;
  /** Store where the associate works. */
  readonly store_id: string;
  /** The period. */
  readonly period_id?: string | null;
  /** Net commission of the period so far; it may be below zero. */
  readonly net_minor: number;
  /** Guarantee of the period so far. */
  readonly guarantee_minor: number;
  /** What net commission fell below: `guarantee_minor` times the plan's `deficit_warning_bp`. */
  readonly threshold_minor: number;
  /** Sale that the lost commission is of. */
  readonly sale_id: string;
  /** Return that brought it about. */
  readonly return_id?: string | null;
}

/**
 * What was still owed when the associate left: with the final statement, or (`period_id` None) on
 * leaving, when none is to come.
 */
export interface DeficitWrittenOff {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Associate whose account it is. */
  readonly associate_id: string;
  /** ISO 4217 code of the currency of all amounts. */
  readonly currency: string;
  /** Period of the final statement, in whose commit it is. */
  readonly period_id?: string | null;
  /** What is owed no longer. */
  readonly amount_minor: number;
}

/**
 * A part of a line at one marginal rate. `base_e4` is the part in ten-thousandths of a minor unit (net
 * amount times share in basis points), so that splits stay exact; `rate_bp` is the rate it earns.
 */
export type Band = readonly [base_e4: number, rate_bp: number];

/** Commission of one sale line: what was credited at which rates, and what it earned. */
export interface EarnedLine {
  /** Line of the sale. */
  readonly line_no: number;
  /** What is credited of it, by rate. */
  readonly bands: readonly Band[];
  /** What it earned, rounded. */
  readonly commission_minor: number;
}

/**
 * A sale was recorded in which the associate is credited with a line; one event for each associate and
 * sale, in the commit of the sale.
 */
export interface CommissionEarned {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Associate whose account it is. */
  readonly associate_id: string;
  /** ISO 4217 code of the currency of all amounts. */
  readonly currency: string;
  /** The sale. */
  readonly sale_id: string;
  /** Pay period that it is posted to. */
  readonly period_id?: string | null;
  /**
   * Business day that lies in no opened period yet: the first statement of a period that reaches this day
   * includes it.
   */
  readonly waits_for?: string | null;
  /** Number of the pay plan in force on the day of the sale; its rates are frozen. `0` if missing. */
  readonly plan_no?: number;
  /** What the associate is credited with selling. */
  readonly sales_minor: number;
  /** Lines of the sale that they are credited with. */
  readonly lines: readonly EarnedLine[];
  /** What they earned: the sum of the lines' commission. */
  readonly amount_minor: number;
}

/**
 * Minutes of one workday, in the place of what was recorded for the same day before, and the guaranteed
 * rate that holds on it.
 */
export interface HoursRecorded {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Associate whose account it is. */
  readonly associate_id: string;
  /** ISO 4217 code of the currency of all amounts. */
  readonly currency: string;
  /** The workday. */
  readonly worked_on: string;
  /** Minutes spent selling. `0` if missing. */
  readonly selling_minutes?: number;
  /** Minutes spent otherwise. `0` if missing. */
  readonly non_selling_minutes?: number;
  /** Guarantee per hour on that day. */
  readonly base_rate_minor: number;
  /** Pay period that it is posted to. */
  readonly period_id?: string | null;
  /**
   * Business day that lies in no opened period yet: the first statement of a period that reaches this day
   * includes it.
   */
  readonly waits_for?: string | null;
  /** pay_plan: the day was computed anew by another plan. */
  readonly reason?: string | null;
}

/**
 * Minutes of a workday whose period was closed by then: they count for its guarantee alone. What it would
 * have paid more or less with them is in LateToppedUp.
 */
export interface LateHoursRecorded {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Associate whose account it is. */
  readonly associate_id: string;
  /** ISO 4217 code of the currency of all amounts. */
  readonly currency: string;
  /** The workday. */
  readonly worked_on: string;
  /** Minutes spent selling. `0` if missing. */
  readonly selling_minutes?: number;
  /** Minutes spent otherwise. `0` if missing. */
  readonly non_selling_minutes?: number;
  /** Guarantee per hour on that day. */
  readonly base_rate_minor: number;
  /** Pay period of the day; it stays as it was stated. */
  readonly period_id: string;
  /** All minutes that the day had counted with and that are put right. */
  readonly minutes_before?: number | null;
}

/**
 * What the closed period `for_period_id` would have paid more, had it been known then; paid with
 * `period_id`. Below zero it takes back: in the commit of that period's own statement what is not due any
 * more, or, where hours were corrected downwards or a plan was taken back, what is not paid yet.
 */
export interface LateToppedUp {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Associate whose account it is. */
  readonly associate_id: string;
  /** ISO 4217 code of the currency of all amounts. */
  readonly currency: string;
  /** The closed period that it makes up for. */
  readonly for_period_id: string;
  /** Pay period that it is posted to. */
  readonly period_id?: string | null;
  /**
   * Business day that lies in no opened period yet: the first statement of a period that reaches this day
   * includes it.
   */
  readonly waits_for?: string | null;
  /** What is paid more; below zero: less. */
  readonly amount_minor: number;
  /**
   * Part of it that is owed back: a draw, or a deficit that would not have been recouped; where hours
   * were corrected downwards or a plan was taken back, what had been topped up and paid too much. `0` if
   * missing.
   */
  readonly owed_minor?: number;
  /** True under a recoverable draw: top-ups are recouped out of later commission. `false` if missing. */
  readonly recoverable?: boolean;
  /** Why a closed period is topped up. `"late_hours"` if missing. */
  readonly reason?: "corrected_hours" | "late_hours" | "pay_plan" | (string & {});
}

/**
 * The attribution of a sale line was corrected, or the line was computed anew by another pay plan. Both
 * sides have such an event where both are associates.
 */
export interface CommissionMoved {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Associate whose account it is. */
  readonly associate_id: string;
  /** ISO 4217 code of the currency of all amounts. */
  readonly currency: string;
  /** The sale. */
  readonly sale_id: string;
  /** Line of the sale. */
  readonly line_no: number;
  /** Pay period that it is posted to. */
  readonly period_id?: string | null;
  /**
   * Business day that lies in no opened period yet: the first statement of a period that reaches this day
   * includes it.
   */
  readonly waits_for?: string | null;
  /** What the account gains in credited sales, below zero what it gives. */
  readonly sales_minor: number;
  /** What the account gains in commission, below zero what it gives. */
  readonly amount_minor: number;
  /** Associates on the other side; empty: it is the house. `[]` if missing. */
  readonly counterparties?: readonly string[];
  /** pay_plan: the line was computed anew by another plan. */
  readonly reason?: string | null;
  /** Number of the plan that the line was computed anew by. */
  readonly plan_no?: number | null;
  /**
   * Rates that the line earns by that plan, each once; empty: the attribution was corrected. `[]` if
   * missing.
   */
  readonly rates_bp?: readonly number[];
}

/** Another pay plan was agreed for days of a period whose statement stays as issued. */
export interface PeriodRecomputed {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Associate whose account it is. */
  readonly associate_id: string;
  /** ISO 4217 code of the currency of all amounts. */
  readonly currency: string;
  /** The period. */
  readonly period_id: string;
  /** Number of the plan. */
  readonly plan_no: number;
  /** What its sales earn more by the plan, below zero less; CommissionMoved posts it. `0` if missing. */
  readonly net_minor?: number;
  /**
   * Difference of its guarantee before rounding: minutes worked times the difference of the rates per
   * hour. `0` if missing.
   */
  readonly rate_minutes?: number;
  /** Guarantee per hour that `days` have from now on. */
  readonly base_rate_minor: number;
  /** Workdays that have another rate; empty: none. `[]` if missing. */
  readonly days?: readonly string[];
}

/** A question about the account is answered. The answer is in QuestionAnswered, in the same commit. */
export interface QuestionClosed {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Associate whose account it is. */
  readonly associate_id: string;
  /** The question. */
  readonly question_id: string;
}

/**
 * The associate has a question about an entry or a statement; until it is answered, the statement that
 * includes it is not signed. What they ask is in EntryQuestioned, in the same commit.
 */
export interface QuestionOpened {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Associate whose account it is. */
  readonly associate_id: string;
  /** The question. */
  readonly question_id: string;
  /** Position of the entry, the event of the account that it came from. */
  readonly entry_position?: number | null;
  /** Line of the sale or return that is meant. */
  readonly line_no?: number | null;
  /** Pay period of the statement, or that the entry is posted to. */
  readonly period_id?: string | null;
  /** Business day of an entry that no statement includes yet. */
  readonly waits_for?: string | null;
}

/** A return was not of this sale: what had been taken back for it is credited again. */
export interface CommissionRestored {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Associate whose account it is. */
  readonly associate_id: string;
  /** ISO 4217 code of the currency of all amounts. */
  readonly currency: string;
  /** The return that had been matched. */
  readonly return_id: string;
  /** The sale that it was not from. */
  readonly sale_id: string;
  /** Pay period that it is posted to. */
  readonly period_id?: string | null;
  /**
   * Business day that lies in no opened period yet: the first statement of a period that reaches this day
   * includes it.
   */
  readonly waits_for?: string | null;
  /** What they are credited with selling again. */
  readonly sales_minor: number;
  /** Units by line of the sale. */
  readonly lines: readonly ClawedBackLine[];
  /** What is given again: the sum of the lines' commission. */
  readonly amount_minor: number;
}

/**
 * A closed period is settled for this associate: what was paid stays what was paid. net = earned -
 * clawed_back + moved; pay = net - recouped + topped_up + carried + forgiven + late_topped_up.
 */
export interface StatementIssued {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Associate whose account it is. */
  readonly associate_id: string;
  /** ISO 4217 code of the currency of all amounts. */
  readonly currency: string;
  /** The period. */
  readonly period_id: string;
  /** Whose pay calendar it is of: `company`, or a store. */
  readonly scope: string;
  /** First day of the period. */
  readonly starts_on: string;
  /** Last day of the period, included. */
  readonly ends_on: string;
  /** Number of the plan in force on the last day of the period, or of the associate. */
  readonly plan_no: number;
  /** Deficit policy of that plan. */
  readonly policy: "carry" | "forgive" | "recoverable_draw" | (string & {});
  /** Minutes worked that the statement includes. */
  readonly minutes: number;
  /** Guarantee: hours worked times the rate of their day, rounded once. */
  readonly guarantee_minor: number;
  /** Net sales that they are credited with. */
  readonly sales_minor: number;
  /** Commission earned. */
  readonly earned_minor: number;
  /** Commission taken back, by returns and allowances; what was restored is taken off. */
  readonly clawed_back_minor: number;
  /** Commission moved by corrections, below zero: away. */
  readonly moved_minor: number;
  /** Net commission; it may be below zero. */
  readonly net_minor: number;
  /** Carried deficit or open draw before this period. `0` if missing. */
  readonly owed_before_minor?: number;
  /** What is taken of it. `0` if missing. */
  readonly recouped_minor?: number;
  /** What is paid up to the guarantee. `0` if missing. */
  readonly topped_up_minor?: number;
  /**
   * What is paid for earlier periods; what this period was topped up too much for late hours is taken
   * off. `0` if missing.
   */
  readonly late_topped_up_minor?: number;
  /** Negative net commission that is carried. `0` if missing. */
  readonly carried_minor?: number;
  /** Negative net commission that is forgiven. `0` if missing. */
  readonly forgiven_minor?: number;
  /** What is owed no longer, as this is the final statement. `0` if missing. */
  readonly written_off_minor?: number;
  /** Carried deficit or open draw after this period. `0` if missing. */
  readonly owed_after_minor?: number;
  /** What is paid. */
  readonly pay_minor: number;
  /** Pay per hour, as information for overtime law. */
  readonly regular_rate_minor?: number | null;
  /** Share of the pay that is commission, as information for overtime law. */
  readonly commission_share_bp?: number | null;
}

/**
 * A statement is signed off, by the associate or by time. It moves no money, and the statement can be
 * questioned all the same.
 */
export interface StatementSigned {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Associate whose account it is. */
  readonly associate_id: string;
  /** The period. */
  readonly period_id: string;
  /** Whole days that nobody had signed or asked for, when it was signed by time. */
  readonly after_days?: number | null;
}

/** Net commission of a period was below the guarantee: the rest is paid. Issued with the statement. */
export interface CommissionToppedUp {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Associate whose account it is. */
  readonly associate_id: string;
  /** ISO 4217 code of the currency of all amounts. */
  readonly currency: string;
  /** The period that is settled. */
  readonly period_id: string;
  /** The amount, above zero. */
  readonly amount_minor: number;
  /**
   * True under a recoverable draw: the amount is owed, and recouped out of later commission. `false` if
   * missing.
   */
  readonly recoverable?: boolean;
}

/** The customer was called, texted or written to. */
export interface ContactLogged {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Customer whose record it is. */
  readonly customer_id: string;
  /** Way of reaching them: call, text or write. */
  readonly channel: "call" | "text" | "write" | (string & {});
  /** Short code: thank_you, wish, occasion, follow_up, lapsing, or the shop's own. */
  readonly purpose: string;
  /** Associate who did it. */
  readonly contacted_by: string;
  /** True where they answered. A call that nobody answered reached nobody. `false` if missing. */
  readonly answered?: boolean;
  /** Occasion that it counts for: the one named, else the next one where the purpose is occasion. */
  readonly occasion_id?: number | null;
  /** Number of the contact in the customer's record, from 1. */
  readonly contact_id?: number | null;
}

/**
 * A telephone number, a mail address or a postal address became known. It is no consent to use it:
 * ContactPreferenceSet is.
 */
export interface ContactPointAdded {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Customer whose record it is. */
  readonly customer_id: string;
  /** Number of the contact point in the customer's record, from 1. */
  readonly contact_point_id: number;
  /** What it is: phone, email or address. */
  readonly kind: "address" | "email" | "phone" | (string & {});
  /** The number or address. */
  readonly value: string;
}

/** A contact point is not theirs, or no longer. */
export interface ContactPointRemoved {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Customer whose record it is. */
  readonly customer_id: string;
  /** The contact point. */
  readonly contact_point_id: number;
}

/** A customer said whether a channel may be used. Nothing said means no. */
export interface ContactPreferenceSet {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Customer whose record it is. */
  readonly customer_id: string;
  /** Way of reaching them: call, text or write. */
  readonly channel: "call" | "text" | "write" | (string & {});
  /** True: they agree; false: they do not. */
  readonly allowed: boolean;
}

/** A contact was logged by mistake: it counts for nothing. */
export interface ContactRemoved {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Customer whose record it is. */
  readonly customer_id: string;
  /** The contact. */
  readonly contact_id: number;
  /** When it was said to have taken place. */
  readonly contacted_at: string;
  /** Channel, as logged. */
  readonly channel: "call" | "text" | "write" | (string & {});
  /** Purpose, as logged. */
  readonly purpose: string;
  /** Whether they answered, as logged. `false` if missing. */
  readonly answered?: boolean;
  /** Occasion that it had counted for. */
  readonly occasion_id?: number | null;
  /** When they were last reached for the same purpose by what is left. */
  readonly reached_at?: string | null;
  /** When they were last reached for the same occasion by what is left. */
  readonly occasion_reached_at?: string | null;
}

/** A promise was planned by mistake: it was neither kept nor broken. */
export interface FollowUpCancelled {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Customer whose record it is. */
  readonly customer_id: string;
  /** The follow-up. */
  readonly follow_up_id: number;
}

/** The promise was kept. */
export interface FollowUpCompleted {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Customer whose record it is. */
  readonly customer_id: string;
  /** The follow-up. */
  readonly follow_up_id: number;
  /** Associate who kept it. */
  readonly completed_by?: string | null;
}

/**
 * A promise to get back to the customer on a day; reactions make one where goods arrive that somebody
 * waits for.
 */
export interface FollowUpPlanned {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Customer whose record it is. */
  readonly customer_id: string;
  /** Number of the follow-up in the customer's record, from 1. */
  readonly follow_up_id: number;
  /** Day on which it is due. */
  readonly due_on: string;
  /** What was promised. */
  readonly reason: string;
  /** Associate who keeps it. */
  readonly associate_id?: string | null;
  /** Wish that it is about. */
  readonly wish_id?: number | null;
}

/** A promise was completed by mistake: it is due as it was. */
export interface FollowUpReopened {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Customer whose record it is. */
  readonly customer_id: string;
  /** The follow-up. */
  readonly follow_up_id: number;
  /** Day on which it is due, as planned. */
  readonly due_on: string;
  /** Associate who keeps it, as planned. */
  readonly associate_id?: string | null;
  /** Wish that it is about, as planned. */
  readonly wish_id?: number | null;
}

/**
 * The person is forgotten (erasure): their data key is destroyed in this commit, so that no encrypted
 * text about them can be read again, anywhere. Money and statistics stay.
 */
export interface CustomerForgotten {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Customer whose record it is. */
  readonly customer_id: string;
  /** Who asked for it, as a short code. */
  readonly requested_by?: string | null;
}

/**
 * Two records turn out to be one person. Written to both histories in one commit; nothing is moved
 * between them.
 */
export interface CustomersMerged {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Customer whose record it is. */
  readonly customer_id: string;
  /** The other record. */
  readonly other_customer_id: string;
  /** True in the history of the record that the other one is a part of from now on. */
  readonly survives: boolean;
}

/** The name of a customer became known, or changed. It replaces name and address of before. */
export interface NameLearned {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Customer whose record it is. */
  readonly customer_id: string;
  /** Name. */
  readonly name: string;
  /** How they like to be addressed. */
  readonly address_as?: string | null;
  /** Associate who learned it. */
  readonly learned_by?: string | null;
}

/** Something that an associate wants to remember about the customer. */
export interface NoteAdded {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Customer whose record it is. */
  readonly customer_id: string;
  /** Number of the note in the customer's record, from 1. */
  readonly note_id: number;
  /** The note. */
  readonly text: string;
  /** Associate who wrote it. */
  readonly written_by?: string | null;
}

/** A note was wrong, or about somebody else. */
export interface NoteRemoved {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Customer whose record it is. */
  readonly customer_id: string;
  /** The note. */
  readonly note_id: number;
}

/** A day that matters to the customer; birthdays and anniversaries return every year. */
export interface OccasionRecorded {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Customer whose record it is. */
  readonly customer_id: string;
  /** Number of the occasion in the customer's record, from 1. */
  readonly occasion_id: number;
  /** What day it is. */
  readonly kind: "anniversary" | "birthday" | "other" | "trip" | (string & {});
  /** The day; of one that returns, the first. */
  readonly on: string;
  /** What it is about. */
  readonly description?: string | null;
}

/** A day was noted by mistake. */
export interface OccasionRemoved {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Customer whose record it is. */
  readonly customer_id: string;
  /** The occasion. */
  readonly occasion_id: number;
}

/**
 * The customer is in an associate's book from now on. Nobody has both roles: who becomes the primary
 * owner is a secondary one no longer.
 */
export interface OwnerAssigned {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Customer whose record it is. */
  readonly customer_id: string;
  /** The associate. */
  readonly associate_id: string;
  /**
   * Primary owner (one, who had none before), or one of any number of secondary ones. `"primary"` if
   * missing.
   */
  readonly role?: "primary" | "secondary" | (string & {});
  /** first_sale (credited with most of it), or by_hand. `"by_hand"` if missing. */
  readonly reason?: string;
  /** First sale, whose corrections the owner follows. */
  readonly sale_id?: string | null;
}

/** The primary owner changed; the former one is no owner any more unless assigned anew. */
export interface OwnerReassigned {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Customer whose record it is. */
  readonly customer_id: string;
  /** Primary owner from now on; a secondary one no longer. */
  readonly associate_id: string;
  /** Primary owner until now. */
  readonly previous_associate_id?: string | null;
  /**
   * by_hand, attribution_corrected (somebody else sold the first sale), most_sold (imported history),
   * leaver (a named successor takes over), leaver_smallest_book (nobody is named: whoever works in the
   * same place and has the smallest book), or the shop's own. `"by_hand"` if missing.
   */
  readonly reason?: string;
  /** First sale whose attribution was corrected. */
  readonly sale_id?: string | null;
}

/**
 * The sale that had made them the primary owner was another customer's, or nobody sold it: there is none,
 * until the next sale.
 */
export interface PrimaryOwnerRemoved {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Customer whose record it is. */
  readonly customer_id: string;
  /** Primary owner until now. */
  readonly associate_id: string;
  /** The sale that had made them so. */
  readonly sale_id: string;
}

/** A customer becomes known: the first event of their record. */
export interface CustomerRegistered {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Customer whose record it is. */
  readonly customer_id: string;
  /** Their number in another system. */
  readonly reference?: string | null;
  /** Store where they became known. */
  readonly store_id?: string | null;
  /** Name. */
  readonly name?: string | null;
  /** How they like to be addressed. */
  readonly address_as?: string | null;
}

/** The customer is in this secondary owner's book no longer. */
export interface SecondaryOwnerRemoved {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Customer whose record it is. */
  readonly customer_id: string;
  /** The associate. */
  readonly associate_id: string;
}

/** A size that the customer wears, in the place of the one of before for the same article and maker. */
export interface SizeRecorded {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Customer whose record it is. */
  readonly customer_id: string;
  /** Article, as the shop calls it (shoe, dress, glove). */
  readonly kind: string;
  /** The size. */
  readonly size: string;
  /** Maker it holds for. */
  readonly label?: string | null;
}

/** A recorded size was wrong, and the right one is not known. */
export interface SizeRemoved {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Customer whose record it is. */
  readonly customer_id: string;
  /** Article, as it was recorded. */
  readonly kind: string;
  /** Maker, as it was recorded. */
  readonly label?: string | null;
}

/** A favourite designer, label, colour or department, or that it is none any longer. */
export interface TasteRecorded {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Customer whose record it is. */
  readonly customer_id: string;
  /** What it is a taste in. */
  readonly kind: "colour" | "department" | "designer" | "label" | (string & {});
  /** The favourite. */
  readonly value: string;
  /** True: a favourite; false: taken back. `true` if missing. */
  readonly liked?: boolean;
}

/** A merge was a mistake: both are records of their own again. Written to both histories in one commit. */
export interface CustomersUnmerged {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Customer whose record it is. */
  readonly customer_id: string;
  /** The other record. */
  readonly other_customer_id: string;
  /** True in the history of the record that the other had been a part of. */
  readonly survives: boolean;
}

/** The customer got what they waited for: by hand, or with a sale of goods that meet the wish. */
export interface WishFulfilled {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Customer whose record it is. */
  readonly customer_id: string;
  /** The wish. */
  readonly wish_id: number;
  /** Sale that fulfilled it. */
  readonly sale_id?: string | null;
  /** Associate who fulfilled it. */
  readonly fulfilled_by?: string | null;
}

/**
 * The customer waits for something: a label, an item, a size, in any combination. It is open until it is
 * fulfilled or withdrawn.
 */
export interface WishRecorded {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Customer whose record it is. */
  readonly customer_id: string;
  /** Number of the wish in the customer's record, from 1. */
  readonly wish_id: number;
  /** Maker they wait for. */
  readonly label?: string | null;
  /** Article number they wait for. */
  readonly sku?: string | null;
  /** Size they wait for. */
  readonly size?: string | null;
  /** What else was said about it. */
  readonly note?: string | null;
  /** Associate who recorded it. */
  readonly recorded_by?: string | null;
}

/** A wish was fulfilled by mistake, or by a sale that was not theirs: they wait for it again. */
export interface WishReopened {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Customer whose record it is. */
  readonly customer_id: string;
  /** The wish. */
  readonly wish_id: number;
  /** Sale that had fulfilled it. */
  readonly sale_id?: string | null;
  /** When the wish was recorded: they have waited since then. */
  readonly recorded_at: string;
  /** Maker they wait for. */
  readonly label?: string | null;
  /** Article number they wait for. */
  readonly sku?: string | null;
  /** Size they wait for. */
  readonly size?: string | null;
}

/** The customer waits for it no longer, or never did. */
export interface WishWithdrawn {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Customer whose record it is. */
  readonly customer_id: string;
  /** The wish. */
  readonly wish_id: number;
}

/** The first report about one hero, one customer and one day; later ones are linked to `act_id`. */
export interface HeroicDayOpened {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Stream of the first report about one hero, one customer and one day, derived from the three. */
  readonly day_id: string;
  /** The act that was reported first. */
  readonly act_id: string;
}

/** A reported act did not happen, or not like that. It never counted. */
export interface HeroicActRejected {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** The heroic act whose history it is. */
  readonly act_id: string;
  /** Associates who did it, at least one. */
  readonly heroes: readonly string[];
  /** Customer it was done for. */
  readonly customer_id?: string | null;
  /** Associate who rejected it. */
  readonly rejected_by?: string | null;
  /** Why, in their words. */
  readonly reason?: string | null;
}

/** Somebody reported an act of service above and beyond; it counts for nothing until it is verified. */
export interface HeroicActReported {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** The heroic act whose history it is. */
  readonly act_id: string;
  /** Associates who did it, at least one. */
  readonly heroes: readonly string[];
  /** Customer it was done for. */
  readonly customer_id?: string | null;
  /** What was done. */
  readonly kind:
    | "alteration"
    | "bought_elsewhere"
    | "comforted_customer"
    | "delivery"
    | "located_item"
    | "other"
    | "prepared_item"
    | "went_the_distance"
    | (string & {});
  /** What happened, as it was told. */
  readonly story: string;
  /** Day of the act, by the store's clock. */
  readonly happened_on: string;
  /** Store that it happened in or for. */
  readonly store_id?: string | null;
  /** Who told of it: a witness, the customer or a manager. `"witness"` if missing. */
  readonly reporter?: "customer" | "manager" | "witness" | (string & {});
  /** Associate who reported it; never one of the heroes. */
  readonly reported_by?: string | null;
  /** What it cost the house; it touches nobody's commission. `0` if missing. */
  readonly cost_minor?: number;
  /** ISO 4217 code of the currency of `cost_minor`. `"USD"` if missing. */
  readonly currency?: string;
  /** Associate who authorised the cost. */
  readonly authorised_by?: string | null;
  /** Sale that it belongs to. */
  readonly sale_id?: string | null;
  /** Return that it belongs to. */
  readonly return_id?: string | null;
  /** First report that shares a hero, the customer and the day. */
  readonly duplicate_of?: string | null;
}

/** A verified act was told to a team; any number of times. */
export interface HeroicActRetold {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** The heroic act whose history it is. */
  readonly act_id: string;
  /** Associates who did it, at least one. */
  readonly heroes: readonly string[];
  /** Customer it was done for. */
  readonly customer_id?: string | null;
  /** Team, store or department that it was told to, as the shop calls it. */
  readonly told_to: string;
  /** Associate who told it. */
  readonly told_by?: string | null;
}

/** A verified act is taken off the wall and counts no longer. */
export interface HeroicActRevoked {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** The heroic act whose history it is. */
  readonly act_id: string;
  /** Associates who did it, at least one. */
  readonly heroes: readonly string[];
  /** Customer it was done for. */
  readonly customer_id?: string | null;
  /** What was done, as reported. */
  readonly kind:
    | "alteration"
    | "bought_elsewhere"
    | "comforted_customer"
    | "delivery"
    | "located_item"
    | "other"
    | "prepared_item"
    | "went_the_distance"
    | (string & {});
  /** Day of the act, as reported. */
  readonly happened_on: string;
  /** Associate who revoked it. */
  readonly revoked_by?: string | null;
  /** Why, in their words. */
  readonly reason?: string | null;
}

/** Somebody who knows confirmed the act: from now on it is on the wall and counts in the score. */
export interface HeroicActVerified {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** The heroic act whose history it is. */
  readonly act_id: string;
  /** Associates who did it, at least one. */
  readonly heroes: readonly string[];
  /** Customer it was done for. */
  readonly customer_id?: string | null;
  /** What was done, as reported. */
  readonly kind:
    | "alteration"
    | "bought_elsewhere"
    | "comforted_customer"
    | "delivery"
    | "located_item"
    | "other"
    | "prepared_item"
    | "went_the_distance"
    | (string & {});
  /** Day of the act, as reported. */
  readonly happened_on: string;
  /** Associate who confirmed it; neither the reporter nor a hero. */
  readonly verified_by?: string | null;
}

/**
 * Nothing more is posted to the period; one StatementIssued for each account of the scope follows. Late
 * events go to an open period.
 */
export interface PayPeriodClosed {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Whose calendar: `company`, or a store that keeps its own. */
  readonly scope: string;
  /** Name of the pay period, as the shop calls it; unique within its calendar. */
  readonly period_id: string;
  /** First day of the period. */
  readonly starts_on: string;
  /** Last day of the period, included. */
  readonly ends_on: string;
  /** True where it was closed before its last day, on request. `false` if missing. */
  readonly early?: boolean;
  /**
   * True where its first statement will be noted in the calendar (StatementsBegun), so that it can be
   * opened again until then; false for periods that older versions closed. `false` if missing.
   */
  readonly reopenable?: boolean;
}

/** A pay period was added to the calendar: events of its days are posted to it. */
export interface PayPeriodOpened {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Whose calendar: `company`, or a store that keeps its own. */
  readonly scope: string;
  /** Name of the pay period, as the shop calls it; unique within its calendar. */
  readonly period_id: string;
  /** First day. */
  readonly starts_on: string;
  /** Last day, included. */
  readonly ends_on: string;
  /** IANA time zone by whose clock the calendar's days begin. `"UTC"` if missing. */
  readonly time_zone?: string;
}

/** A closed period takes money events again; what was posted elsewhere meanwhile stays there. */
export interface PayPeriodReopened {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Whose calendar: `company`, or a store that keeps its own. */
  readonly scope: string;
  /** Name of the pay period, as the shop calls it; unique within its calendar. */
  readonly period_id: string;
}

/** The first statement of the period is issued: from now on it stays closed. */
export interface StatementsBegun {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Whose calendar: `company`, or a store that keeps its own. */
  readonly scope: string;
  /** Name of the pay period, as the shop calls it; unique within its calendar. */
  readonly period_id: string;
}

/** Somebody else answered a question. What was corrected has events of its own. */
export interface QuestionAnswered {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** The question whose history it is. */
  readonly question_id: string;
  /** Associate who asked, about their own account. */
  readonly associate_id: string;
  /** Customer of the sale or return that it is about. */
  readonly customer_id?: string | null;
  /** corrected: another command has put it right; declined: it stays as it is. */
  readonly outcome: "corrected" | "declined" | (string & {});
  /** Why, in their words; always there where it was declined. */
  readonly reason?: string | null;
  /** Position of the entry in the same account that corrects it. */
  readonly correction_position?: number | null;
  /** Associate who answered; never the one who asked. */
  readonly answered_by?: string | null;
}

/** An associate questioned an entry of their ledger, or a statement. It moves no money. */
export interface EntryQuestioned {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** The question whose history it is. */
  readonly question_id: string;
  /** Associate who asked, about their own account. */
  readonly associate_id: string;
  /** Customer of the sale or return that it is about. */
  readonly customer_id?: string | null;
  /** Position of the entry, the event of the account that it came from. */
  readonly entry_position?: number | null;
  /** Line of the sale or return that is meant. */
  readonly line_no?: number | null;
  /** Pay period of the statement, or that the entry is posted to. */
  readonly period_id?: string | null;
  /** Business day of an entry that lies in no period yet. */
  readonly waits_for?: string | null;
  /** Sale of the entry. */
  readonly sale_id?: string | null;
  /** Return of the entry. */
  readonly return_id?: string | null;
  /** What they ask, in their words. */
  readonly question: string;
  /** Answered question about the same thing that is asked again. */
  readonly follows?: string | null;
}

/** Goods as taken back: units of one line of the sale, or goods that are on no receipt. */
export interface ReturnedLine {
  /** Line of the sale that they are of. */
  readonly line_no?: number | null;
  /** Article number. */
  readonly sku?: string | null;
  /** What the goods were called at the counter, or on the sale; empty where nobody said. `""` if missing. */
  readonly description?: string;
  /** Maker. */
  readonly label?: string | null;
  /** Department that sold them. */
  readonly department?: string | null;
  /** Units that came back. */
  readonly quantity: number;
  /** What was given for them, without tax. */
  readonly refund_minor: number;
  /** Tax given back beside it; 0 for goods that are on no receipt. `0` if missing. */
  readonly tax_minor?: number;
  /** What the units had been sold for, without tax. */
  readonly sold_minor?: number | null;
  /** What the line had been sold as; only goods come off a spend. `"goods"` if missing. */
  readonly kind?: "gift_card" | "goods" | "zero" | (string & {});
}

/**
 * Goods were taken back and the money was given. Units of a receipt are used up (UnitsReturned) and their
 * sellers give back what they earned (CommissionClawedBack) in the same commit; goods on no receipt cost
 * no associate anything.
 */
export interface ReturnAccepted {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** The return whose history it is. */
  readonly return_id: string;
  /** Customer whose spend the goods come off, or to whose it returns. */
  readonly customer_id?: string | null;
  /** Sale of the receipt. */
  readonly sale_id?: string | null;
  /** When that sale was made. */
  readonly sold_at?: string | null;
  /** Channel of that sale. */
  readonly channel?: "online" | "outlet" | "store" | (string & {}) | null;
  /** Store where the goods came back. */
  readonly store_id: string;
  /** ISO 4217 code of the currency of all amounts. */
  readonly currency: string;
  /** The goods: each line of the receipt once, then what is on no receipt. */
  readonly lines: readonly ReturnedLine[];
  /** What was given for all lines, without tax. */
  readonly refund_minor: number;
  /** Tax given back beside it. `0` if missing. */
  readonly tax_minor?: number;
  /** What was given above what units of the receipt were sold for, summed over the lines. `0` if missing. */
  readonly goodwill_minor?: number;
  /**
   * What was given too little for units of the receipt, summed over the lines: the customer may still
   * come for it. `0` if missing.
   */
  readonly open_minor?: number;
  /** Associate who took the goods in. */
  readonly accepted_by?: string | null;
  /** Who came to the counter. */
  readonly brought_by?: string | null;
  /** State of the goods, in the words of the counter. */
  readonly condition?: string | null;
  /** Why they came back, in the words of the counter. */
  readonly reason?: string | null;
}

/** A sale replaced the goods of the return. No money moves by it. */
export interface ExchangeLinked {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** The return whose history it is. */
  readonly return_id: string;
  /** Customer whose spend the goods come off, or to whose it returns. */
  readonly customer_id?: string | null;
  /** The sale that replaced them. */
  readonly sale_id: string;
}

/** A sale had been linked to the return by mistake. No money moves by it. */
export interface ExchangeUnlinked {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** The return whose history it is. */
  readonly return_id: string;
  /** Customer whose spend the goods come off, or to whose it returns. */
  readonly customer_id?: string | null;
  /** The sale that had been linked. */
  readonly sale_id: string;
}

/** Units of a returned line traced to a line of a sale. */
export interface MatchedLine {
  /** Line of the sale. */
  readonly line_no: number;
  /** Article number of the line of the sale. */
  readonly sku: string;
  /** Maker, as on the sale. */
  readonly label?: string | null;
  /** Department, as on the sale. */
  readonly department?: string | null;
  /** Units that are traced. */
  readonly quantity: number;
  /** What had been given for them when they were taken back, without tax. */
  readonly refund_minor: number;
  /** What they had been sold for, without tax. */
  readonly sold_minor: number;
  /** Line of the return, from 1; 0 in events of before matches in parts. `0` if missing. */
  readonly return_line?: number;
  /** What the line had been sold as; only goods come off a spend. `"goods"` if missing. */
  readonly kind?: "gift_card" | "goods" | "zero" | (string & {});
}

/** What was refunded for some units, and what the goods were called when they were taken in. */
export type RefundPart = readonly [refund_minor: number, label?: string | null, department?: string | null];

/**
 * Goods taken back without a receipt were traced to the sale they came from. Units are used up and
 * commission is clawed back in the same commit; each unit once. `customer_id` is the sale's customer.
 */
export interface ReturnMatched {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** The return whose history it is. */
  readonly return_id: string;
  /** Customer whose spend the goods come off, or to whose it returns. */
  readonly customer_id?: string | null;
  /** The sale the goods came from. */
  readonly sale_id: string;
  /** When that sale was made. */
  readonly sold_at: string;
  /** Channel of that sale. */
  readonly channel?: "online" | "outlet" | "store" | (string & {}) | null;
  /** ISO 4217 code of the currency of all amounts. */
  readonly currency: string;
  /** Units that were traced, by line of the sale. */
  readonly lines: readonly MatchedLine[];
  /** What had been given for them, without tax. */
  readonly refund_minor: number;
  /** What they had been sold for, without tax. */
  readonly sold_minor: number;
  /** `refund_minor` - `sold_minor`: what the house gave, below zero what it kept, for want of a receipt. */
  readonly goodwill_minor: number;
  /**
   * True where the refund came off this customer's spend before, because they brought the goods
   * themselves; false: `sold_minor` comes off it now. `false` if missing.
   */
  readonly already_taken_off?: boolean;
  /** The units as they were taken in; empty in events of before matches in parts. `[]` if missing. */
  readonly refunds?: readonly RefundPart[];
}

/**
 * The goods turned out to be from another customer's sale: the refund no longer comes off the spend of
 * `customer_id`, who had brought them.
 */
export interface SpendRestored {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** The return whose history it is. */
  readonly return_id: string;
  /** Customer whose spend the goods come off, or to whose it returns. */
  readonly customer_id?: string | null;
  /** ISO 4217 code of the currency of the amounts. */
  readonly currency: string;
  /** What had been given for the units, without tax. */
  readonly refund_minor: number;
  /** The units as they were taken in; empty in events of before matches in parts. `[]` if missing. */
  readonly refunds?: readonly RefundPart[];
}

/** A match holds no longer: the refund comes off the spend of `customer_id`, who brought them, again. */
export interface SpendTakenOff {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** The return whose history it is. */
  readonly return_id: string;
  /** Customer whose spend the goods come off, or to whose it returns. */
  readonly customer_id?: string | null;
  /** ISO 4217 code of the currency of the amounts. */
  readonly currency: string;
  /** What had been given for the units, without tax. */
  readonly refund_minor: number;
  /** The units as they were taken in. */
  readonly refunds: readonly RefundPart[];
}

/**
 * A match was wrong and holds no longer: `customer_id`, the sale's customer, has these units again, and
 * what the match moved goes back in the same commit.
 */
export interface ReturnUnmatched {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** The return whose history it is. */
  readonly return_id: string;
  /** Customer whose spend the goods come off, or to whose it returns. */
  readonly customer_id?: string | null;
  /** The sale that the goods had been traced to. */
  readonly sale_id: string;
  /** ISO 4217 code of the currency of all amounts. */
  readonly currency: string;
  /** The lines of the match. */
  readonly lines: readonly MatchedLine[];
  /** As in the match. */
  readonly refund_minor: number;
  /** As in the match. */
  readonly sold_minor: number;
  /** As in the match. */
  readonly goodwill_minor: number;
  /**
   * The same lines with what the units that the customer has again had been sold for; empty where that is
   * as in `lines`. `[]` if missing.
   */
  readonly restored?: readonly MatchedLine[];
}

/** Who is credited with a line, frozen on the day it was sold: share, plan and rates. */
export interface Credit {
  /** Associate who sold it. */
  readonly associate_id: string;
  /** Their share of the line; the shares of a line add to 10,000. */
  readonly share_bp: number;
  /** Number of their pay plan that was in force on the day of the sale. `0` if missing. */
  readonly plan_no?: number;
  /**
   * Their part of the line by marginal rate; empty where an event says only who and how much. `[]` if
   * missing.
   */
  readonly bands?: readonly Band[];
  /** Sales that the whole line means to them, after an allowance on it. */
  readonly sales_minor?: number | null;
  /** Commission that the whole line earns them, after an allowance on it. */
  readonly commission_minor?: number | null;
}

/**
 * A line was credited to others than before, or at the rates of another pay plan. The accounts carry the
 * money that moves (CommissionMoved, same commit).
 */
export interface AttributionCorrected {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** The sale whose history it is. */
  readonly sale_id: string;
  /** Customer whom the sale belongs to at that moment. */
  readonly customer_id?: string | null;
  /** Line of the sale. */
  readonly line_no: number;
  /** Its credits until now; empty: it was the house's. `[]` if missing. */
  readonly before?: readonly Credit[];
  /** Its credits from now on; empty: it is the house's. `[]` if missing. */
  readonly after?: readonly Credit[];
  /**
   * Short code: corrected, pay_plan where the line was computed anew, or the shop's own. `"corrected"` if
   * missing.
   */
  readonly reason?: string;
}

/** A line as sold. */
export interface SoldLine {
  /** Number of the line in its sale, from 1. */
  readonly line_no: number;
  /** Article number. */
  readonly sku: string;
  /** What the article is called; empty where nobody said. `""` if missing. */
  readonly description?: string;
  /** Maker. */
  readonly label?: string | null;
  /** Department that sold it. */
  readonly department?: string | null;
  /** Size. */
  readonly size?: string | null;
  /** Units. */
  readonly quantity: number;
  /** Price of one unit, without tax and before discounts. */
  readonly unit_price_minor: number;
  /** Discount on all units, with their part of the discount on the whole order. `0` if missing. */
  readonly discount_minor?: number;
  /** `quantity` x `unit_price_minor` - `discount_minor`: what the units were sold for, without tax. */
  readonly net_minor: number;
  /** Tax on top; it earns nobody commission. `0` if missing. */
  readonly tax_minor?: number;
  /** Who is credited; empty: the line is the house's, or no goods. `[]` if missing. */
  readonly credits?: readonly Credit[];
  /**
   * goods, a gift_card, or zero for goods that cost nothing; only goods count as a purchase. `"goods"` if
   * missing.
   */
  readonly kind?: "gift_card" | "goods" | "zero" | (string & {});
}

/** The customer of a walk-in sale is known now, or a sale found its own customer after a mistake. */
export interface CustomerAttached {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** The sale whose history it is. */
  readonly sale_id: string;
  /** Customer whom the sale belongs to at that moment. */
  readonly customer_id?: string | null;
  /** Store that sold. */
  readonly store_id: string;
  /** Channel of the sale. `"store"` if missing. */
  readonly channel?: "online" | "outlet" | "store" | (string & {});
  /** ISO 4217 code of the currency of all amounts. */
  readonly currency: string;
  /** When the sale was made; `occurred_at` is when the customer was recognised. */
  readonly sold_at: string;
  /** What the customer still has of the sale, without returned units; credits say only who and how much. */
  readonly lines: readonly SoldLine[];
  /** Sum of the lines' `net_minor`: what counts as their spend. */
  readonly net_minor: number;
  /** Day of the sale by the store's clock. */
  readonly sold_on?: string | null;
}

/** The sale was not this customer's: it is nobody's until its own customer is attached. */
export interface CustomerDetached {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** The sale whose history it is. */
  readonly sale_id: string;
  /** Customer whom the sale belongs to at that moment. */
  readonly customer_id?: string | null;
  /** ISO 4217 code of the currency of all amounts. */
  readonly currency: string;
  /** When the sale was made. */
  readonly sold_at: string;
  /** What they seemed to have still of the sale, without returned units. */
  readonly lines: readonly SoldLine[];
  /** Sum of the lines' `net_minor`: what comes off their spend. */
  readonly net_minor: number;
  /** Day of the sale by the store's clock. */
  readonly sold_on?: string | null;
}

/**
 * Money was given back on goods that the customer keeps. What it had earned is taken back in the same
 * commit (AllowanceClawedBack).
 */
export interface PriceAllowed {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** The sale whose history it is. */
  readonly sale_id: string;
  /** Customer whom the sale belongs to at that moment. */
  readonly customer_id?: string | null;
  /** Channel of the sale. `"store"` if missing. */
  readonly channel?: "online" | "outlet" | "store" | (string & {});
  /** ISO 4217 code of the currency of all amounts. */
  readonly currency: string;
  /** When the sale was made. */
  readonly sold_at: string;
  /** Line of the sale. */
  readonly line_no: number;
  /** What was given back, without tax. */
  readonly amount_minor: number;
  /** Tax given back beside it. `0` if missing. */
  readonly tax_minor?: number;
  /**
   * What the customer has of the line from now on: the units left at the reduced price, with the credits
   * that later returns and corrections go by.
   */
  readonly line: SoldLine;
  /** Short code: allowance, or the shop's own. `"allowance"` if missing. */
  readonly reason?: string;
  /** Identifier of the document that says so, by which the event is found. */
  readonly document_id?: string | null;
}

/**
 * A sale carries this receipt number of its store, which another one may carry already. Written with
 * SaleRecorded where the till gave a number.
 */
export interface ReceiptNumbered {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Stream of the sales that carry one receipt number of one store, derived from both. */
  readonly number_id: string;
  /** The sale. */
  readonly sale_id: string;
}

/**
 * Goods were sold. What the sellers earn by it (CommissionEarned), the customer's first owner and wishes
 * that it fulfils follow in the same commit.
 */
export interface SaleRecorded {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** The sale whose history it is. */
  readonly sale_id: string;
  /** Customer whom the sale belongs to at that moment. */
  readonly customer_id?: string | null;
  /** Store that sold. */
  readonly store_id: string;
  /** Channel: store, outlet or online. `"store"` if missing. */
  readonly channel?: "online" | "outlet" | "store" | (string & {});
  /** ISO 4217 code of the currency of all amounts. */
  readonly currency: string;
  /** The lines of the receipt, at least one. */
  readonly lines: readonly SoldLine[];
  /** Sum of the lines' `net_minor`. */
  readonly net_minor: number;
  /** Sum of the lines' `tax_minor`. `0` if missing. */
  readonly tax_minor?: number;
  /** Number of the receipt in its store. */
  readonly receipt_no?: string | null;
  /** Day of the sale by the store's clock. */
  readonly sold_on?: string | null;
}

/** Units of a line that came back, and what they had been sold for. */
export type UnitsTakenBack = readonly [line_no: number, quantity: number, refund_minor: number, tax_minor?: number];

/** A return was not of this sale after all: the customer has these units still. */
export interface UnitsRestored {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** The sale whose history it is. */
  readonly sale_id: string;
  /** Customer whom the sale belongs to at that moment. */
  readonly customer_id?: string | null;
  /** The return that had been matched. */
  readonly return_id: string;
  /** The units, by line of the sale. */
  readonly lines: readonly UnitsTakenBack[];
}

/** Sold units are used up by a return; they cannot come back twice. */
export interface UnitsReturned {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** The sale whose history it is. */
  readonly sale_id: string;
  /** Customer whom the sale belongs to at that moment. */
  readonly customer_id?: string | null;
  /** The return. */
  readonly return_id: string;
  /** The units, by line of the sale. */
  readonly lines: readonly UnitsTakenBack[];
}

/**
 * The numbers as adopted: every one is written, so that another default changes no score that was shown.
 * Unlike the command's they let pass what a newer writer adds.
 */
export interface FrozenScoreParameters {
  /** This shop's unit of time, a rhythm. `1800` if missing. */
  readonly rhythm_hours?: number;
  /**
   * Visits in a rhythm that customers are taken to make as long as little is known of them. `700` if
   * missing.
   */
  readonly usual_visits_e3?: number;
  /**
   * How readily people leave for good (the shape of the hazard); small: hardly anybody ever leaves. `400`
   * if missing.
   */
  readonly leaving_e3?: number;
  /**
   * 1,000 is chance (a Poisson process); the larger, the more regular people's visits are. `1200` if
   * missing.
   */
  readonly regularity_e3?: number;
  /**
   * Rhythms of silence that pass before it says much about somebody of whom little is known. `200` if
   * missing.
   */
  readonly patience_e2?: number;
  /** What a typical customer spends in a visit, by currency; `*` for any other one. */
  readonly typical_visit_minor?: Readonly<Record<string, number>>;
  /** Rhythms after which a visit, a sum spent or a department counts half. `400` if missing. */
  readonly fading_e2?: number;
  /**
   * Rhythms for which a new customer is not blamed for visits they cannot have made yet. `200` if
   * missing.
   */
  readonly newness_e2?: number;
  /** Points for twice the purchases to be expected. `40` if missing. */
  readonly doubling_points?: number;
  /**
   * Recency tells chances apart down to 2^-recency_doublings; times `doubling_points` it is the most that
   * recency gives. `8` if missing.
   */
  readonly recency_doublings?: number;
  /** The most that frequency gives. `340` if missing. */
  readonly frequency_points_max?: number;
  /** Points for twice the net spend. `12` if missing. */
  readonly net_spend_doubling_points?: number;
  /** The most that net spend gives. `110` if missing. */
  readonly net_spend_points_max?: number;
  /** The most that breadth (departments, channels) gives. `55` if missing. */
  readonly breadth_points_max?: number;
  /**
   * Departments and channels, beyond the first of each, at which breadth gives half of the most. `3` if
   * missing.
   */
  readonly breadth_half_at?: number;
  /** Points for twice the time as a customer. `3` if missing. */
  readonly tenure_doubling_points?: number;
  /** The most that tenure gives. `25` if missing. */
  readonly tenure_points_max?: number;
  /**
   * The most that the relationship (contacts answered, wishes fulfilled, heroic acts) gives. `150` if
   * missing.
   */
  readonly relationship_points_max?: number;
  /** Weighted events at which the relationship gives half of the most. `6` if missing. */
  readonly relationship_half_at?: number;
  /** Days after which an event of the relationship counts half. `365` if missing. */
  readonly relationship_half_life_days?: number;
  /** What an answered contact counts. `1` if missing. */
  readonly contact_weight?: number;
  /** What a fulfilled wish counts. `3` if missing. */
  readonly wish_weight?: number;
  /** What a verified heroic act counts. `5` if missing. */
  readonly heroic_act_weight?: number;
}

/**
 * From `occurred_at` on the loyalty score is computed with these parameters; scores of earlier dates stay
 * what they were.
 */
export interface ScoreParametersAdopted {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Number of the version, from 2; version 1 is what holds before the first event. */
  readonly version: number;
  /** All numbers of the version. */
  readonly parameters: FrozenScoreParameters;
  /** Short code for why. */
  readonly reason?: string | null;
}

/**
 * A standard of service holds from `effective_on` on; a later version of the same scope and kind replaces
 * it.
 */
export interface ServiceStandardDefined {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Whose standard: `company`, or a store whose own one stands in place of the company's. */
  readonly scope: string;
  /** What is expected: thank_you, promise_kept, wish_told, lapsing_reached or act_retold. */
  readonly kind:
    | "act_retold"
    | "lapsing_reached"
    | "promise_kept"
    | "thank_you"
    | "wish_told"
    | (string & {});
  /** Number of the version among those of the scope and kind, from 1. */
  readonly version: number;
  /** First day on which what falls due is measured by it. */
  readonly effective_on: string;
  /** Days from the one on which it falls due; 0: on that day itself. */
  readonly within_days: number;
  /** Share that is to be kept in time. */
  readonly target_bp: number;
}

/** A standard of service is expected no more from `effective_on` on; a store goes by the company's. */
export interface ServiceStandardWithdrawn {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** Whose standard: `company`, or a store whose own one stands in place of the company's. */
  readonly scope: string;
  /** What is expected: thank_you, promise_kept, wish_told, lapsing_reached or act_retold. */
  readonly kind:
    | "act_retold"
    | "lapsing_reached"
    | "promise_kept"
    | "thank_you"
    | "wish_told"
    | (string & {});
  /** Number of the version among those of the scope and kind, from 1. */
  readonly version: number;
  /** First day on which what falls due is measured by it. */
  readonly effective_on: string;
}

/** Goods as they came in. Unlike the command's item it ignores the fields that a newer writer adds. */
export interface ArrivedItem {
  /** Article number. */
  readonly sku: string;
  /** Maker. */
  readonly label?: string | null;
  /** Size. */
  readonly size?: string | null;
  /** Department. */
  readonly department?: string | null;
  /** Units that came in. `1` if missing. */
  readonly quantity?: number;
}

/** Goods came in. Reactions plan a follow-up for every customer who waits for one of them. */
export interface StockArrived {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** The arrival. */
  readonly arrival_id: string;
  /** Store where they came in. */
  readonly store_id: string;
  /** The goods, at least one. */
  readonly items: readonly ArrivedItem[];
}

/** A store as it is from now on; a later one of the same store corrects it. */
export interface StoreOpened {
  /** When it happened in the shop; for imported history long before it was recorded. */
  readonly occurred_at: string;
  /** The store, as the shop calls it. */
  readonly store_id: string;
  /** Name for people. */
  readonly name: string;
  /** IANA time zone by whose clock its days begin. */
  readonly time_zone: string;
  /** ISO 4217 code of the currency that it sells in. */
  readonly currency: string;
  /** Channel: store, outlet or online. `"store"` if missing. */
  readonly channel?: "online" | "outlet" | "store" | (string & {});
}

/** By `type` of a message. */
export interface EventTypes {
  readonly "associate.hired.v1": AssociateHired;
  readonly "associate.leaving_announced.v1": LeavingAnnounced;
  readonly "associate.leaving_cancelled.v1": LeavingCancelled;
  readonly "associate.left.v1": AssociateLeft;
  readonly "associate.pay_plan_changed.v1": PayPlanChanged;
  readonly "associate.rehired.v1": AssociateRehired;
  readonly "associate.transferred.v1": AssociateTransferred;
  readonly "commission_account.allowance_clawed_back.v1": AllowanceClawedBack;
  readonly "commission_account.clawed_back.v1": CommissionClawedBack;
  readonly "commission_account.deficit_carried.v1": DeficitCarried;
  readonly "commission_account.deficit_forgiven.v1": DeficitForgiven;
  readonly "commission_account.deficit_recouped.v1": DeficitRecouped;
  readonly "commission_account.deficit_threatening.v1": DeficitThreatening;
  readonly "commission_account.deficit_written_off.v1": DeficitWrittenOff;
  readonly "commission_account.earned.v1": CommissionEarned;
  readonly "commission_account.hours_recorded.v1": HoursRecorded;
  readonly "commission_account.late_hours_recorded.v1": LateHoursRecorded;
  readonly "commission_account.late_topped_up.v1": LateToppedUp;
  readonly "commission_account.moved.v1": CommissionMoved;
  readonly "commission_account.period_recomputed.v1": PeriodRecomputed;
  readonly "commission_account.question_closed.v1": QuestionClosed;
  readonly "commission_account.question_opened.v1": QuestionOpened;
  readonly "commission_account.restored.v1": CommissionRestored;
  readonly "commission_account.statement_issued.v1": StatementIssued;
  readonly "commission_account.statement_signed.v1": StatementSigned;
  readonly "commission_account.topped_up.v1": CommissionToppedUp;
  readonly "customer.contact_logged.v1": ContactLogged;
  readonly "customer.contact_point_added.v1": ContactPointAdded;
  readonly "customer.contact_point_removed.v1": ContactPointRemoved;
  readonly "customer.contact_preference_set.v1": ContactPreferenceSet;
  readonly "customer.contact_removed.v1": ContactRemoved;
  readonly "customer.follow_up_cancelled.v1": FollowUpCancelled;
  readonly "customer.follow_up_completed.v1": FollowUpCompleted;
  readonly "customer.follow_up_planned.v1": FollowUpPlanned;
  readonly "customer.follow_up_reopened.v1": FollowUpReopened;
  readonly "customer.forgotten.v1": CustomerForgotten;
  readonly "customer.merged.v1": CustomersMerged;
  readonly "customer.name_learned.v1": NameLearned;
  readonly "customer.note_added.v1": NoteAdded;
  readonly "customer.note_removed.v1": NoteRemoved;
  readonly "customer.occasion_recorded.v1": OccasionRecorded;
  readonly "customer.occasion_removed.v1": OccasionRemoved;
  readonly "customer.owner_assigned.v1": OwnerAssigned;
  readonly "customer.owner_reassigned.v1": OwnerReassigned;
  readonly "customer.primary_owner_removed.v1": PrimaryOwnerRemoved;
  readonly "customer.registered.v1": CustomerRegistered;
  readonly "customer.secondary_owner_removed.v1": SecondaryOwnerRemoved;
  readonly "customer.size_recorded.v1": SizeRecorded;
  readonly "customer.size_removed.v1": SizeRemoved;
  readonly "customer.taste_recorded.v1": TasteRecorded;
  readonly "customer.unmerged.v1": CustomersUnmerged;
  readonly "customer.wish_fulfilled.v1": WishFulfilled;
  readonly "customer.wish_recorded.v1": WishRecorded;
  readonly "customer.wish_reopened.v1": WishReopened;
  readonly "customer.wish_withdrawn.v1": WishWithdrawn;
  readonly "heroic_act.day_opened.v1": HeroicDayOpened;
  readonly "heroic_act.rejected.v1": HeroicActRejected;
  readonly "heroic_act.reported.v1": HeroicActReported;
  readonly "heroic_act.retold.v1": HeroicActRetold;
  readonly "heroic_act.revoked.v1": HeroicActRevoked;
  readonly "heroic_act.verified.v1": HeroicActVerified;
  readonly "pay_period.closed.v1": PayPeriodClosed;
  readonly "pay_period.opened.v1": PayPeriodOpened;
  readonly "pay_period.reopened.v1": PayPeriodReopened;
  readonly "pay_period.statements_begun.v1": StatementsBegun;
  readonly "pay_question.answered.v1": QuestionAnswered;
  readonly "pay_question.asked.v1": EntryQuestioned;
  readonly "return.accepted.v1": ReturnAccepted;
  readonly "return.exchange_linked.v1": ExchangeLinked;
  readonly "return.exchange_unlinked.v1": ExchangeUnlinked;
  readonly "return.matched.v1": ReturnMatched;
  readonly "return.spend_restored.v1": SpendRestored;
  readonly "return.spend_taken_off.v1": SpendTakenOff;
  readonly "return.unmatched.v1": ReturnUnmatched;
  readonly "sale.attribution_corrected.v1": AttributionCorrected;
  readonly "sale.customer_attached.v1": CustomerAttached;
  readonly "sale.customer_detached.v1": CustomerDetached;
  readonly "sale.price_allowed.v1": PriceAllowed;
  readonly "sale.receipt_numbered.v1": ReceiptNumbered;
  readonly "sale.recorded.v1": SaleRecorded;
  readonly "sale.units_restored.v1": UnitsRestored;
  readonly "sale.units_returned.v1": UnitsReturned;
  readonly "score_parameters.adopted.v1": ScoreParametersAdopted;
  readonly "service_standard.defined.v1": ServiceStandardDefined;
  readonly "service_standard.withdrawn.v1": ServiceStandardWithdrawn;
  readonly "stock_arrival.recorded.v1": StockArrived;
  readonly "store.opened.v1": StoreOpened;
}

/** The event of a message if it is of this type, else null. */
export function decoded<Type extends keyof EventTypes>(
  type: Type,
  message: Pick<EventMessage, "type" | "data">,
): EventTypes[Type] | null {
  if (message.type !== type) return null;
  return JSON.parse(new TextDecoder().decode(message.data)) as EventTypes[Type];
}
