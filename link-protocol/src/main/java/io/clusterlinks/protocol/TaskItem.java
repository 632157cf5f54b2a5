// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.protocol;

/**
 * One item of a periodic task that an operator should know of.
 *
 * @param item what it is: a topic, a group, an ACL
 * @param state one word, for example {@code CONFLICT}
 * @param message one line of why and what to do
 */
public record TaskItem(String item, String state, String message) {}
