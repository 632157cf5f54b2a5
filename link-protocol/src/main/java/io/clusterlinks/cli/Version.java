// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import org.apache.kafka.common.utils.AppInfoParser;
import picocli.CommandLine.IVersionProvider;

/** The version that the build wrote beside the classes. */
final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() throws IOException {
        return new String[] {"kafka-cluster-links " + own() + " (Kafka clients " + AppInfoParser.getVersion() + ")"};
    }

    private static String own() throws IOException {
        try (InputStream in = Version.class.getResourceAsStream("/kafka-cluster-links.properties")) {
            Properties properties = new Properties();
            if (in != null) {
                properties.load(in);
            }
            return properties.getProperty("version", "unknown");
        }
    }
}
