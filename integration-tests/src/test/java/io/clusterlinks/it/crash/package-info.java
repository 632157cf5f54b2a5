// SPDX-License-Identifier: Apache-2.0
/** A broker that dies between two steps of the plugin: the agent that kills it, and what must be true afterwards. */
package io.clusterlinks.it.crash;
