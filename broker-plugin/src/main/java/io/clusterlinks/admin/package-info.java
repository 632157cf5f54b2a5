// SPDX-License-Identifier: Apache-2.0
/** Answers requests about links over the broker's own listeners, and carries what brokers say to the coordinator. */
package io.clusterlinks.admin;
