// SPDX-License-Identifier: Apache-2.0
/** Lifecycle: builds the parts, starts and stops them with the broker. */
package io.clusterlinks.plugin;
