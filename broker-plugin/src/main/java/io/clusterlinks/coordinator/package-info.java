// SPDX-License-Identifier: Apache-2.0
/** The one writer of the state: validates commands, drives state transitions, makes the desired state true. */
package io.clusterlinks.coordinator;
