// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.admin;

import io.clusterlinks.coordinator.Entry;
import io.clusterlinks.protocol.LinkException;
import java.util.List;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResourceResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResult;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DescribeConfigsResponse;

/** Entries of link resources as results of a DescribeConfigs response, and back. */
final class DescribeAnswers {
    private DescribeAnswers() {}

    /**
     * The result for a resource.
     *
     * @param keys names to show; null for all
     */
    static DescribeConfigsResult result(String resourceName, List<Entry> entries, List<String> keys) {
        return new DescribeConfigsResult()
                .setResourceType(ConfigResource.Type.TOPIC.id())
                .setResourceName(resourceName)
                .setErrorCode(Errors.NONE.code())
                .setErrorMessage("")
                .setConfigs(entries.stream()
                        .filter(entry -> keys == null || keys.isEmpty() || keys.contains(entry.name()))
                        .filter(entry -> LongAnswers.fits(entry.name()))
                        .map(DescribeAnswers::config)
                        .toList());
    }

    static DescribeConfigsResult refusal(byte type, String resourceName, LinkException why) {
        return new DescribeConfigsResult()
                .setResourceType(type)
                .setResourceName(resourceName)
                .setErrorCode(why.error().code())
                .setErrorMessage(LongAnswers.fitting(why.getMessage()))
                .setConfigs(List.of());
    }

    private static DescribeConfigsResourceResult config(Entry entry) {
        DescribeConfigsResponse.ConfigSource source = entry.isDefault()
                ? DescribeConfigsResponse.ConfigSource.DEFAULT_CONFIG
                : DescribeConfigsResponse.ConfigSource.TOPIC_CONFIG;
        return new DescribeConfigsResourceResult()
                .setName(entry.name())
                .setValue(LongAnswers.fitting(entry.value()))
                .setReadOnly(entry.isReadOnly())
                .setIsSensitive(entry.isSensitive())
                .setConfigSource(source.id())
                .setConfigType(DescribeConfigsResponse.ConfigType.STRING.id());
    }

    static Entry entry(DescribeConfigsResourceResult config) {
        boolean isDefault = config.configSource() == DescribeConfigsResponse.ConfigSource.DEFAULT_CONFIG.id();
        return new Entry(config.name(), config.value(), isDefault, config.readOnly(), config.isSensitive());
    }
}
