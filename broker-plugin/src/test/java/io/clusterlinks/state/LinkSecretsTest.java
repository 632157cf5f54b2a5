// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.record.LinkRecord;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.config.types.Password;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LinkSecretsTest {
    private static final String JAAS = "sasl.jaas.config";
    private static final String SECRET_VALUE = "org.example.Login required password=\"hunter2\";";

    private final LinkSecrets secrets = new LinkSecrets(Optional.of("swordfish"), "cluster");

    @Test
    void sensitiveConfigsAreStoredUnreadableAndResolved() {
        Map<String, String> stored = secrets.protect("east", configs(JAAS, SECRET_VALUE));

        assertThat(stored.get(JAAS)).doesNotContain("hunter2");
        assertThat(stored).containsEntry("bootstrap.servers", "localhost:1");
        assertThat(resolved(secrets, "east", stored)).isEqualTo(SECRET_VALUE);
    }

    @Test
    void encryptingTwiceGivesDifferentTextAndProtectingTwiceChangesNothing() {
        Map<String, String> once = secrets.protect("east", configs(JAAS, SECRET_VALUE));

        assertThat(secrets.protect("east", configs(JAAS, SECRET_VALUE))).isNotEqualTo(once);
        assertThat(secrets.protect("east", once)).isEqualTo(once);
    }

    @Test
    void storedConfigsAreComparedAsTheyWereGiven() {
        LinkRecord link =
                new LinkRecord(1, "east", "id", secrets.protect("east", configs(JAAS, SECRET_VALUE)), false, 1);

        assertThat(secrets.hasConfigs(link, configs(JAAS, SECRET_VALUE))).isTrue();
        assertThat(secrets.hasConfigs(link, configs(JAAS, "another"))).isFalse();
        assertThat(secrets.hasConfigs(link, Map.of("bootstrap.servers", "localhost:1")))
                .isFalse();
        assertThat(new LinkSecrets(Optional.of("other"), "cluster").hasConfigs(link, configs(JAAS, SECRET_VALUE)))
                .isFalse();
    }

    @Test
    void aSecretWithoutClusterSecretIsRefusedNamingTheSetting() {
        LinkSecrets none = new LinkSecrets(Optional.empty(), "cluster");

        assertThatThrownBy(() -> none.protect("east", configs(JAAS, SECRET_VALUE)))
                .isInstanceOf(LinkException.class)
                .hasMessageContaining(JAAS)
                .hasMessageContaining("cluster.link.secret");
    }

    @Test
    void aSecretIsBoundToItsLinkAndToTheClusterSecret() {
        Map<String, String> stored = secrets.protect("east", configs(JAAS, SECRET_VALUE));
        LinkSecrets other = new LinkSecrets(Optional.of("other"), "cluster");

        assertThatThrownBy(() -> resolved(other, "east", stored)).hasMessageContaining("cluster.link.secret");
        assertThatThrownBy(() -> resolved(secrets, "west", stored)).hasMessageContaining("cannot be decrypted");
    }

    @Test
    void configProvidersAreStoredAsTheyAreAndResolvedHere(@TempDir Path directory) throws Exception {
        Path file = Files.writeString(directory.resolve("secret.properties"), "jaas=" + SECRET_VALUE + "\n");
        String reference = "${file:" + file + ":jaas}";

        Map<String, String> stored = secrets.protect("east", configs(JAAS, reference));

        assertThat(stored).containsEntry(JAAS, reference);
        assertThat(resolved(secrets, "east", stored)).isEqualTo(SECRET_VALUE);
    }

    private static String resolved(LinkSecrets secrets, String link, Map<String, String> stored) {
        Object value = secrets.resolve(new LinkRecord(1, link, "id", stored, false, 0))
                .clientConfigs("test")
                .get(JAAS);
        return value instanceof Password password ? password.value() : (String) value;
    }

    private static Map<String, String> configs(String name, String value) {
        Map<String, String> configs = new HashMap<>(Map.of("bootstrap.servers", "localhost:1"));
        configs.put(name, value);
        return configs;
    }
}
