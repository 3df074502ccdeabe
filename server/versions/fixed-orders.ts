import { ORDERS } from '../../src/shared/read-orders';
import { record } from '../../src/shared/validate';
import { CODE } from '../util/option-readers';

/** Reads orders that an operator wrote. Pages ignore unknown fields, so a misspelt order must not reach them. */
export const readFixedOrders = record(ORDERS, CODE);
