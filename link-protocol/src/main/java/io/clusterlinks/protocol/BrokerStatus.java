// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.protocol;

/**
 * One live broker in the entry {@code broker.ID} of the index.
 *
 * @param broker its id
 * @param pluginVersion version of the plugin it runs; null if it has not reported, so probably runs without
 * @param kafkaVersion version of Kafka it runs; null if it has not reported
 * @param imageOffset offset of the state topic up to which (exclusive) it has applied the state, -1 if unknown
 * @param lastReportMs when it last reported, milliseconds since the epoch, -1 for never
 */
public record BrokerStatus(
        int broker, String pluginVersion, String kafkaVersion, long imageOffset, long lastReportMs) {}
