// SPDX-License-Identifier: Apache-2.0
/** Periodic tasks of the coordinator: what moves with a topic besides its records. */
package io.clusterlinks.sync;
