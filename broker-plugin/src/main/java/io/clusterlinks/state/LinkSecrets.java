// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.state;

import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.record.LinkRecord;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import javax.crypto.Cipher;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;
import org.apache.kafka.common.config.ConfigTransformer;
import org.apache.kafka.common.config.provider.ConfigProvider;
import org.apache.kafka.common.config.provider.EnvVarConfigProvider;
import org.apache.kafka.common.config.provider.FileConfigProvider;

/**
 * Keeps the sensitive configs of links unreadable in the state topic: AES-256-GCM with a key derived from {@code
 * cluster.link.secret}, bound to link and config name. Values that refer to config providers, {@code ${env:NAME}} and
 * {@code ${file:PATH:KEY}}, are stored as they are and resolved where they are used. Thread-safe.
 */
public final class LinkSecrets implements LinkConfigResolver {
    private static final String ENCRYPTED_PREFIX = "aes-gcm:";
    private static final String CIPHER = "AES/GCM/NoPadding";
    private static final int IV_BYTES = 12;
    private static final int TAG_BITS = 128;
    private static final int KEY_BITS = 256;
    private static final int ITERATIONS = 65_536;

    private final Optional<SecretKeySpec> key;
    private final SecureRandom random = new SecureRandom();
    private final ConfigTransformer providers = new ConfigTransformer(providers());

    /**
     * Uses a secret.
     *
     * @param secret value of {@code cluster.link.secret}; empty if it is not set
     * @param clusterId salt, so that equal secrets of two clusters give different keys
     */
    public LinkSecrets(Optional<String> secret, String clusterId) {
        this.key = secret.map(text -> deriveKey(text, clusterId));
    }

    /**
     * The configs as they are stored.
     *
     * @throws LinkException INVALID_CONFIG if one is sensitive and this cluster has no secret
     */
    public Map<String, String> protect(String link, Map<String, String> configs) {
        Map<String, String> stored = new HashMap<>(configs);
        stored.replaceAll((name, value) ->
                LinkConfig.isSensitive(name) && !value.startsWith("${") && !value.startsWith(ENCRYPTED_PREFIX)
                        ? encrypt(link, name, value)
                        : value);
        return stored;
    }

    /** Whether {@code link} has just these configs, which are as {@link #protect} takes them. */
    public boolean hasConfigs(LinkRecord link, Map<String, String> configs) {
        try {
            return plain(link).equals(configs);
        } catch (LinkException e) {
            // Not with the secret of this cluster.
            return false;
        }
    }

    private Map<String, String> plain(LinkRecord link) {
        Map<String, String> plain = new HashMap<>(link.configs());
        plain.replaceAll(
                (name, value) -> value.startsWith(ENCRYPTED_PREFIX) ? decrypt(link.link(), name, value) : value);
        return plain;
    }

    @Override
    public LinkConfig resolve(LinkRecord link) {
        Map<String, String> plain = plain(link);
        Map<String, String> resolved = new HashMap<>(providers.transform(plain).data());
        resolved.forEach((name, value) -> {
            if (value == null) {
                throw LinkException.invalidConfig("Config '" + name + "' of link '" + link.link()
                        + "' refers to something that is not set on this broker: " + plain.get(name) + ".");
            }
        });
        return LinkConfig.parse(resolved);
    }

    private String encrypt(String link, String name, String value) {
        byte[] iv = new byte[IV_BYTES];
        random.nextBytes(iv);
        byte[] sealed = crypt(Cipher.ENCRYPT_MODE, link, name, iv, value.getBytes(StandardCharsets.UTF_8));
        byte[] whole = ByteBuffer.allocate(IV_BYTES + sealed.length)
                .put(iv)
                .put(sealed)
                .array();
        return ENCRYPTED_PREFIX + Base64.getEncoder().encodeToString(whole);
    }

    private String decrypt(String link, String name, String value) {
        byte[] whole = Base64.getDecoder().decode(value.substring(ENCRYPTED_PREFIX.length()));
        byte[] iv = Arrays.copyOf(whole, IV_BYTES);
        byte[] sealed = Arrays.copyOfRange(whole, IV_BYTES, whole.length);
        byte[] opened = crypt(Cipher.DECRYPT_MODE, link, name, iv, sealed);
        return new String(opened, StandardCharsets.UTF_8);
    }

    private byte[] crypt(int mode, String link, String name, byte[] iv, byte[] input) {
        SecretKeySpec secretKey = key.orElseThrow(() -> LinkException.invalidConfig("Config '" + name + "' of link '"
                + link + "' is a secret, and this broker has no cluster.link.secret to encrypt it with. Set"
                + " cluster.link.secret to the same value in every broker's server.properties."));
        try {
            Cipher cipher = Cipher.getInstance(CIPHER);
            cipher.init(mode, secretKey, new GCMParameterSpec(TAG_BITS, iv));
            cipher.updateAAD((link + "/" + name).getBytes(StandardCharsets.UTF_8));
            return cipher.doFinal(input);
        } catch (GeneralSecurityException e) {
            throw LinkException.invalidConfig("Config '" + name + "' of link '" + link + "' cannot be decrypted:"
                    + " cluster.link.secret of this broker is not the one it was encrypted with.");
        }
    }

    private static SecretKeySpec deriveKey(String secret, String clusterId) {
        try {
            byte[] bytes = SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
                    .generateSecret(new PBEKeySpec(
                            secret.toCharArray(), clusterId.getBytes(StandardCharsets.UTF_8), ITERATIONS, KEY_BITS))
                    .getEncoded();
            return new SecretKeySpec(bytes, "AES");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("This JVM cannot derive an AES key", e);
        }
    }

    private static Map<String, ConfigProvider> providers() {
        EnvVarConfigProvider env = new EnvVarConfigProvider();
        env.configure(Map.of());
        FileConfigProvider file = new FileConfigProvider();
        file.configure(Map.of());
        return Map.of("env", env, "file", file);
    }
}
