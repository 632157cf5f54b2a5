// SPDX-License-Identifier: Apache-2.0
/** Real brokers in their own processes, the command line as a user runs it, workloads and comparisons. */
package io.clusterlinks.it;
