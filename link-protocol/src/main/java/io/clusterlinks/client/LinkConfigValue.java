// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.client;

/**
 * One config of a link.
 *
 * @param name its name
 * @param value its value; null if it is sensitive or has none
 * @param isDefault whether the value is the default, so nobody set it
 * @param isSensitive whether the value is a secret that is never shown
 */
public record LinkConfigValue(String name, String value, boolean isDefault, boolean isSensitive) {}
